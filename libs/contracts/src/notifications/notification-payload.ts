import * as z from 'zod';
import { Alert } from '@outrider/domain/detection/alert';
import { Enforcement } from '@outrider/domain/response/enforcement';
import { KongAction } from '@outrider/domain/response/policy';

/** What a policy's action came to at the time of the notice; how an enforcement goes on is told by `enforcement.*`. */
export const NotifiedDecision = z
  .object({
    policyId: z.uuid(),
    policyName: z.string(),
    action: KongAction,
    outcome: z.enum(['act', 'simulate', 'refuse']),
    /** A sentence: why it came out so. */
    explanation: z.string(),
    /** When it will end by itself; ms since epoch, null is permanent or nothing done. */
    endsAt: z.number().int().nullable(),
  })
  .meta({ id: 'NotifiedDecision' });
export type NotifiedDecision = Readonly<z.infer<typeof NotifiedDecision>>;

const envelope = {
  /** Version of this document. Fields may be added within a version; one that is removed or changes its meaning makes a new one. */
  version: z.literal(1),
  /** When it happened; RFC 3339, UTC. */
  timestamp: z.iso.datetime(),
  tenant: z.string(),
};

/**
 * `alert.opened`: a new matter. `alert.escalated`: its severity rose. `alert.updated`, `alert.acknowledged`, `alert.resolved`: for
 * webhooks that subscribe to them. `campaign.updated`: `alert` is a further alert of a campaign (`alert.campaignId`) that this webhook was told
 * of a moment ago; those after it are not told of until then unless they are graver.
 */
export const AlertNotification = z
  .object({
    ...envelope,
    type: z.enum([
      'alert.opened',
      'alert.escalated',
      'alert.updated',
      'alert.acknowledged',
      'alert.resolved',
      'campaign.updated',
    ]),
    data: z.object({ alert: Alert, decisions: z.array(NotifiedDecision) }),
  })
  .meta({ id: 'AlertNotification' });
export type AlertNotification = Readonly<z.infer<typeof AlertNotification>>;

/** `enforcement.<state>`: an enforcement came into this state. */
export const EnforcementNotification = z
  .object({
    ...envelope,
    type: z.enum([
      'enforcement.pending',
      'enforcement.applied',
      'enforcement.effective',
      'enforcement.lifting',
      'enforcement.lifted',
      'enforcement.failed',
      'enforcement.simulated',
      'enforcement.refused',
    ]),
    data: z.object({ enforcement: Enforcement }),
  })
  .meta({ id: 'EnforcementNotification' });
export type EnforcementNotification = Readonly<z.infer<typeof EnforcementNotification>>;

/** A message that means nothing: an operator asked for it, to see whether the receiver takes it and its signature. */
export const TestNotification = z
  .object({
    ...envelope,
    type: z.literal('webhook.test'),
    data: z.object({ webhookId: z.uuid(), name: z.string(), requestedBy: z.string() }),
  })
  .meta({ id: 'TestNotification' });
export type TestNotification = Readonly<z.infer<typeof TestNotification>>;

/** The body of a webhook delivery. It holds no secret: alerts and enforcements hold none. */
export const NotificationPayload = z
  .discriminatedUnion('type', [AlertNotification, EnforcementNotification, TestNotification])
  .meta({ id: 'NotificationPayload' });
export type NotificationPayload = Readonly<z.infer<typeof NotificationPayload>>;
