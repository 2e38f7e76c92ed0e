import * as z from 'zod';
import { Entity } from '../traffic/entity.ts';

/** Slugs of the detection catalogue. */
export const BuiltinAlertType = z.enum([
  'request-spike',
  'distributed-flood',
  'traffic-drop',
  'latency-amplification',
  'sensitive-flow-abuse',
  'rate-limit-evasion',
  'oversized-payload',
  'error-spike',
  'brute-force',
  'credential-stuffing',
  'account-takeover',
  'anonymous-access',
  'revoked-credential',
  'credential-sharing',
  'new-origin',
  'new-client',
  'leaked-credential',
  'impossible-travel',
  'dormant-credential',
  'off-hours',
  'shared-fingerprint',
  'object-enumeration',
  'sequential-crawling',
  'foreign-object-access',
  'function-level-abuse',
  'method-tampering',
  'privileged-path-probing',
  'data-exfiltration',
  'slow-exfiltration',
  'scraping',
  'endpoint-probing',
  'injection-probing',
  'scanner-client',
  'automation',
  'shadow-endpoint',
  'zombie-endpoint',
  'undocumented-parameter',
  'graphql-abuse',
  'sequence-anomaly',
  'silent-source',
  'log-loss',
  'gateway-config-change',
  'control-plane-abuse',
  'known-bad-source',
  'composite-risk',
]);
export type BuiltinAlertType = z.infer<typeof BuiltinAlertType>;

/** An alert's `type`: a slug of the catalogue, or `rule:<id>` of a rule that the user wrote. */
export const RuleAlertType = z.templateLiteral(['rule:', z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/)]);
export const AlertType = z.union([BuiltinAlertType, RuleAlertType]);
export type AlertType = z.infer<typeof AlertType>;

export const ruleAlertType = (id: string): AlertType => `rule:${id}`;

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;
export const atLeast = (severity: Severity, floor: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor);

/** How much is known of an entity: learning (only absolute rules), provisional (thresholds × 1.5), mature, seasonal. */
export const WarmUp = z.enum(['learning', 'provisional', 'mature', 'seasonal']);
export type WarmUp = z.infer<typeof WarmUp>;

const Instant = z.number().int().describe('ms since epoch');

export const Observed = z.object({
  /** What was counted: `requests`, `failed authentications`, `error ratio`, `distinct refused paths`, … */
  metric: z.string(),
  value: z.number(),
  unit: z.string(),
});

export const Expected = z.object({
  low: z.number(),
  high: z.number(),
  mean: z.number(),
  /** Observations behind the expectation (windows, or requests for ratios); 0 when only an absolute rule applied. */
  n: z.number(),
  /** Probability of the observation or more under the baseline; 1 when only an absolute rule applied. */
  p: z.number(),
  warmUp: WarmUp,
});

/** What a detector saw in one window. Pure data: the detectors' only output. */
export const Finding = z.object({
  tenant: z.string(),
  gateway: z.string(),
  type: AlertType,
  /** Version of the detector's rule: changes when its meaning changes. */
  detectorVersion: z.string(),
  entity: Entity,
  severity: Severity,
  /** 0 … 1. */
  confidence: z.number().min(0).max(1),
  /** Event time of the event that completed the finding. */
  detectedAt: Instant,
  window: z.object({ from: Instant, to: Instant }),
  observed: Observed,
  expected: Expected,
  /** One or two sentences for a person: what was seen, against what, and why it matters. */
  explanation: z.string(),
  /** Event ids (`gateway:id`), at most 10. */
  samples: z.array(z.string()).max(10),
  /** The other entities in it, most requests first, at most 10. */
  contributors: z.array(z.object({ entity: Entity, count: z.number().int() })).max(10),
  /** Names for policies to match on: services, routes and endpoints hit (most first, at most 10 each) and Kong's consumer tags. */
  scope: z.object({
    services: z.array(z.string()).max(10),
    routes: z.array(z.string()).max(10),
    endpoints: z.array(z.string()).max(10),
    tags: z.array(z.string()).max(20),
  }),
  /** ClickHouse SQL that shows the events behind it. */
  query: z.string(),
  /** Of a detector that is being tried out: shown, never notified and never acted upon. */
  simulated: z.boolean(),
});
export type Finding = Readonly<z.infer<typeof Finding>>;

export const AlertState = z.enum(['open', 'acknowledged', 'resolved']);
export type AlertState = z.infer<typeof AlertState>;

/** The open matter for (type, entity): updated by findings, not repeated; resolved when it is over. */
export const Alert = Finding.extend({
  id: z.uuid(),
  /** The story that it is a part of: the id of the campaign's first alert; its own when it stands alone. */
  campaignId: z.uuid(),
  state: AlertState,
  /** Counts every change; consumers of the change feed use it to see what they have handled. */
  revision: z.number().int(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  /** Findings joined into this alert. */
  findings: z.number().int(),
  openedAt: Instant.describe('wall clock, ms since epoch'),
  acknowledgedBy: z.string().nullable(),
  resolvedAt: Instant.nullable(),
  resolvedBy: z.string().nullable().describe('who resolved it; `outrider` when it was over by itself'),
}).meta({ id: 'Alert' });
export type Alert = Readonly<z.infer<typeof Alert>>;
