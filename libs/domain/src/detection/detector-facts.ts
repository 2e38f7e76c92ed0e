import * as z from 'zod';
import { BuiltinAlertType, Severity } from './alert.ts';

/** What a detector is, for people: its page. */
export const DetectorFacts = z
  .object({
    type: BuiltinAlertType,
    version: z.string(),
    scope: z.enum(['caller', 'estate']).describe('estate: right only where all events are seen'),
    title: z.string(),
    summary: z.string(),
    method: z.string(),
    owasp: z.array(z.string()),
    attack: z.array(z.string()),
    severity: z.partialRecord(Severity, z.string()),
    falsePositives: z.array(z.string()),
    tuning: z.array(z.string()),
    settings: z.array(
      z.object({
        name: z.string(),
        default: z.json(),
        kind: z.string().describe('integer, number, boolean, text, list'),
        bounds: z.string().describe('`1 to 100`; empty = none'),
        tunable: z.boolean().describe('false: holds for the whole process'),
      }),
    ),
  })
  .meta({ id: 'DetectorFacts' });
export type DetectorFacts = Readonly<z.infer<typeof DetectorFacts>>;
