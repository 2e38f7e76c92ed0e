import * as z from 'zod';
import { ReasonCount } from './events.ts';

export const SourceStatus = z
  .object({
    gateway: z.string(),
    lastEventAt: z.number().nullable().describe('newest event time; ms since epoch'),
    lastReceivedAt: z.number().nullable(),
    lagSeconds: z.number().nullable().describe('from the newest event to its receipt'),
    silentSeconds: z.number().nullable().describe('since the newest receipt'),
    ratePerMinute: z.number().describe('over the last five minutes'),
    refused: z.array(ReasonCount).describe('by reason, since the start of the collector'),
    adminConfigured: z.boolean(),
    configWatch: z
      .object({
        lastLookAt: z.number().nullable().describe('the last whole look at its configuration; ms since epoch'),
        failingSince: z.number().nullable().describe('no look has succeeded since'),
        failedLooks: z.number().int().describe('since then'),
      })
      .nullable()
      .describe('null where no Admin API is configured'),
  })
  .meta({ id: 'SourceStatus' });
export type SourceStatus = Readonly<z.infer<typeof SourceStatus>>;

export const CheckResult = z
  .object({
    name: z.string(),
    ok: z.boolean(),
    required: z.boolean(),
    detail: z.string().optional(),
  })
  .meta({ id: 'CheckResult' });

/** Without a token only `status` and `notReady`; with one, everything of its tenant. */
export const Health = z
  .object({
    status: z.enum(['ok', 'degraded', 'unavailable']),
    notReady: z.array(z.string()).describe('kinds of the required parts that do not run'),
    version: z.string().optional(),
    uptimeSeconds: z.number().optional(),
    checks: z.array(CheckResult).optional(),
    sources: z.array(SourceStatus).optional(),
    deadLetters: z.array(ReasonCount).optional().describe('of the last 24 hours'),
    busPressure: z.number().optional().describe('0 idle … 1 full: how far the slowest consumer is behind'),
    jobs: z.record(z.string(), z.record(z.string(), z.number())).optional().describe('by queue and state'),
  })
  .meta({ id: 'Health' });
export type Health = Readonly<z.infer<typeof Health>>;
