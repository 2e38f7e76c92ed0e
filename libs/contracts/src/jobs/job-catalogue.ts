import * as z from 'zod';

/** W3C trace context of who asked for the job; absent when traces are off. */
const traceparent = z.string().max(55).optional();
const enforcement = z.object({ v: z.literal(1), enforcementId: z.uuid(), traceparent });

/** Every job there is. Payloads carry ids only: the row says what to do, and a lost queue is rebuilt from the rows. */
export const JOBS = {
  /** Apply (or go on applying) an enforcement; also verifies it. */
  'enforcement.apply': { queue: 'outrider-respond', payload: enforcement },
  /** Propagation time has passed: say whether it is effective. */
  'enforcement.verify': { queue: 'outrider-respond', payload: enforcement },
  /** End or undo an enforcement. */
  'enforcement.lift': { queue: 'outrider-respond', payload: enforcement },
  /** One attempt to deliver a webhook. */
  'webhook.deliver': {
    queue: 'outrider-notify',
    payload: z.object({ v: z.literal(1), deliveryId: z.uuid(), traceparent }),
  },
} as const;

export type JobName = keyof typeof JOBS;
export type JobPayload<N extends JobName> = z.infer<(typeof JOBS)[N]['payload']>;

/** The catalogue as the JobQueue port's type argument: `JobQueue<Jobs>`. */
export type Jobs = { [N in JobName]: JobPayload<N> };
