import * as z from 'zod';
import { PolicyDraft } from '../response/policy.ts';
import { Entity } from '../traffic/entity.ts';
import { Alert, BuiltinAlertType, Severity } from './alert.ts';
import { SettingsChange } from './detection-control.ts';

const MAX_RULE_CHARS = 65_536;
/** Items of one list of a result; the numbers beside it are of all. */
export const MAX_BACKTEST_SHOWN = 500;
export const MAX_BACKTEST_EVENTS = 20_000_000;

/** A changed rule, threshold or policy, to be tried on what is stored. */
export const BacktestChange = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rule'),
      rule: z.string().min(1).max(MAX_RULE_CHARS).describe('YAML of one rule, or of several'),
      instead: z.string().max(MAX_RULE_CHARS).optional().describe('YAML of what it replaces; absent: nothing'),
    }),
    z.strictObject({
      kind: z.literal('detector'),
      type: BuiltinAlertType,
      settings: SettingsChange.describe('changed settings, over those in force everywhere'),
      instead: SettingsChange.optional().describe('settings to compare with, likewise; absent: those in force'),
    }),
    z.strictObject({
      kind: z.literal('policy'),
      policy: PolicyDraft.describe('tried as if it were enabled and acted'),
      instead: z.uuid().optional().describe('id of the policy that it replaces; absent: it is added'),
    }),
  ])
  .meta({ id: 'BacktestChange' });
export type BacktestChange = Readonly<z.infer<typeof BacktestChange>>;

export interface BacktestRequest {
  readonly change: BacktestChange;
  /** Event time, ms. */
  readonly range: { readonly from: number; readonly to: number };
  /** Where there are more, the events of some of the callers are taken. Absent: as many as a minute is enough for. */
  readonly maxEvents?: number | undefined;
}

const Told = Alert.pick({ type: true, entity: true, severity: true, detectedAt: true, explanation: true }).extend({
  lastSeenAt: z.number().int(),
});
export type BacktestAlert = Readonly<z.infer<typeof Told>>;

const Block = z.object({
  policy: z.string().describe('name'),
  action: z.string(),
  entity: Entity,
  type: z.string().describe('of the alert'),
  severity: Severity,
  from: z.number().int().describe('ms'),
  until: z.number().int().nullable().describe('ms; null: until somebody takes it back'),
});
export type BacktestBlock = Readonly<z.infer<typeof Block>>;

const diff = <T extends z.ZodType>(item: T) =>
  z.object({
    before: z.number().int(),
    after: z.number().int(),
    gainedCount: z.number().int(),
    lostCount: z.number().int(),
    gained: z.array(item).describe('at most 500, newest first'),
    lost: z.array(item).describe('at most 500, newest first'),
  });

export const BacktestResult = z.object({
  events: z.number().int().describe('events of the range that can matter to the change; 0 for a policy'),
  run: z.number().int().describe('how many of them were run'),
  oneCallerIn: z.number().int().describe('1: all callers; n: about every n-th; numbers are as found, not scaled up'),
  seconds: z.number(),
  alerts: diff(Told).describe('gained: of a type and entity that had none before'),
  blocks: diff(Block).describe(
    'what the policies would have done, guard rails included; one for each action and entity',
  ),
  consumersHit: z.number().int().describe('consumers with a block after the change that had none before'),
  consumersFreed: z.number().int().describe('consumers without a block after the change that had one before'),
  notes: z.array(z.string()).describe('what to bear in mind when reading the numbers'),
});
export type BacktestResult = Readonly<z.infer<typeof BacktestResult>>;

export const Backtest = z
  .object({
    id: z.uuid(),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    change: BacktestChange,
    from: z.number().int(),
    to: z.number().int(),
    startedAt: z.number().int(),
    startedBy: z.string(),
    progress: z.number().min(0).max(1),
    error: z.string().nullable(),
    result: BacktestResult.nullable(),
  })
  .meta({ id: 'Backtest' });
export type Backtest = Readonly<z.infer<typeof Backtest>>;
