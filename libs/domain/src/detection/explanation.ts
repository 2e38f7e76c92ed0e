import * as z from 'zod';
import { Finding } from './alert.ts';
import { DetectorState } from './detection-control.ts';

/** What one detector made of one event. */
export const DetectorVerdict = z.object({
  type: z.string(),
  title: z.string(),
  state: DetectorState,
  outcome: z
    .enum(['finding', 'held', 'concerned', 'unconcerned', 'unexplained', 'not-asked'])
    .describe(
      'held: a finding that people except or switched off; unexplained: it saw the event and keeps no account of why',
    ),
  says: z.string(),
  /** Settings in force for this event, only those that differ from the defaults. */
  tuned: z.record(z.string(), z.unknown()),
});
export type DetectorVerdict = Readonly<z.infer<typeof DetectorVerdict>>;

export const RuleVerdictView = z.object({
  rule: z.string(),
  title: z.string(),
  kind: z.string(),
  matched: z.array(z.string()),
  group: z.record(z.string(), z.string()).nullable(),
  why: z.string(),
});

/** What Outrider made of one event. */
export const EventExplanation = z
  .object({
    eventId: z.string(),
    /** What collect read, in words; only what is there. */
    read: z.array(z.object({ name: z.string(), value: z.string() })),
    excluded: z.string().nullable().describe('why no detector saw it: preflight, health-check, late'),
    replayed: z.number().int().describe('events of before that filled the windows'),
    truncated: z.boolean().describe('more of them were there than are replayed'),
    detectors: z.array(DetectorVerdict),
    rules: z.array(RuleVerdictView),
    exceptions: z.array(
      z.object({ id: z.string(), reason: z.string(), until: z.number(), types: z.array(z.string()) }),
    ),
    findings: z.array(Finding),
  })
  .meta({ id: 'EventExplanation' });
export type EventExplanation = Readonly<z.infer<typeof EventExplanation>>;
