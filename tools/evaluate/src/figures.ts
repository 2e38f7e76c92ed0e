import { STRENGTHS, type Strength } from '@outrider/corpus/attacks/attack';
import * as z from 'zod';
import type { AlertLine } from './alert-line.ts';
import type { Detection } from './match.ts';
import type { Result } from './run.ts';

const Told = z.object({ told: z.number(), of: z.number() });

/** What one kind of attack came to. */
export const AttackFigures = z.object({
  type: z.string(),
  needs: z.string(),
  weak: Told,
  medium: Told,
  strong: Told,
  /** Event time and requests from the attack's beginning to the alert; -1 when it was never told. */
  medianSeconds: z.number(),
  p90Seconds: z.number(),
  /** The median of strong ones alone, which the aim of 60 s is about; results from before it was kept have none. */
  strongSeconds: z.number().default(-1),
  medianRequests: z.number(),
  p90Requests: z.number(),
});

export const RocPoint = z.object({ threshold: z.string(), recall: z.number(), falsePerConsumerDay: z.number() });

/** All that is compared between two states of the project. */
export const Figures = z.object({
  corpora: z.number(),
  entries: z.number(),
  eventsPerSecond: z.number(),
  attacks: z.record(z.string(), AttackFigures),
  benign: z.object({
    consumerDays: z.number(),
    falseAlarms: z.number(),
    perConsumerDay: z.number(),
    byType: z.record(z.string(), z.number()),
  }),
  /** On corpora with attacks. */
  attacked: z.object({ right: z.number(), alsoTold: z.number(), wrong: z.number(), precision: z.number() }),
  roc: z.array(RocPoint),
});
export type Figures = z.infer<typeof Figures>;

/** Seen from logs alone: no lists, documents or address tables are needed, and it is not a modifier of others. */
export const inSight = (one: { needs: string }): boolean => one.needs === '';

export const figuresOf = (results: readonly Result[]): Figures => {
  const detections = results.flatMap((one) => one.matched.detections);
  const names = [...new Set(detections.map((one) => one.label.attack))].sort();
  const benign = results.filter((one) => one.run.attacks.length === 0);
  const attacked = results.filter((one) => one.run.attacks.length > 0);
  const wrongOnBenign = benign.flatMap((one) => one.matched.wrong);
  const consumerDays = sum(benign.map(({ run }) => run.consumers * run.days));
  const right = sum(attacked.map((one) => one.matched.rightAlerts));
  const alsoTold = sum(attacked.map((one) => one.matched.alsoTold));
  const wrong = sum(attacked.map((one) => one.matched.wrong.length));
  const entries = sum(results.map((one) => one.tally.entries));
  return {
    corpora: results.length,
    entries,
    eventsPerSecond: Math.round(entries / Math.max(0.001, sum(results.map((one) => one.tally.seconds)))),
    attacks: Object.fromEntries(
      names.map((name) => [name, ofAttack(detections.filter((one) => one.label.attack === name))]),
    ),
    benign: {
      consumerDays,
      falseAlarms: wrongOnBenign.length,
      perConsumerDay: rounded(wrongOnBenign.length / Math.max(1, consumerDays), 5),
      byType: counted(wrongOnBenign),
    },
    attacked: {
      right,
      alsoTold,
      wrong,
      precision: rounded((right + alsoTold) / Math.max(1, right + alsoTold + wrong), 3),
    },
    roc: rocOf(detections, wrongOnBenign, consumerDays),
  };
};

const ofAttack = (detections: readonly Detection[]): z.infer<typeof AttackFigures> => {
  const told = detections.filter((one) => one.alert !== undefined);
  const secondsOf = (some: readonly Detection[]): number[] => some.map((one) => (one.delayMs ?? 0) / 1000);
  const seconds = secondsOf(told);
  const strong = secondsOf(told.filter((one) => one.label.strength === 'strong'));
  const requests = told.map((one) => one.requests ?? 0);
  const of = (strength: Strength): z.infer<typeof Told> => {
    const all = detections.filter((one) => one.label.strength === strength);
    return { told: all.filter((one) => one.alert !== undefined).length, of: all.length };
  };
  return {
    type: detections[0]?.label.type ?? '',
    needs: detections[0]?.label.needs ?? '',
    weak: of('weak'),
    medium: of('medium'),
    strong: of('strong'),
    medianSeconds: rounded(quantile(seconds, 0.5), 0),
    p90Seconds: rounded(quantile(seconds, 0.9), 0),
    strongSeconds: rounded(quantile(strong, 0.5), 0),
    medianRequests: quantile(requests, 0.5),
    p90Requests: quantile(requests, 0.9),
  };
};

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;

/** Recall against false alarms when only alerts of at least this confidence, or this severity, are heeded. */
const rocOf = (detections: readonly Detection[], wrong: readonly AlertLine[], consumerDays: number): Figures['roc'] => {
  const counted = detections.filter((one) => one.label.needs === undefined);
  const point = (threshold: string, heeded: (alert: AlertLine) => boolean): Figures['roc'][number] => ({
    threshold,
    recall: rounded(counted.filter((one) => one.right.some(heeded)).length / Math.max(1, counted.length), 4),
    falsePerConsumerDay: rounded(wrong.filter(heeded).length / Math.max(1, consumerDays), 5),
  });
  return [
    ...Array.from({ length: 20 }, (_, i) => i / 20).map((floor) => point(`confidence ${floor.toFixed(2)}`, (alert) => alert.confidence >= floor)), // prettier-ignore
    ...SEVERITIES.map((floor, i) => point(`severity ${floor}`, (alert) => SEVERITIES.indexOf(alert.severity) >= i)),
  ];
};

/** By type: recall over all of its attacks. */
export const recallByType = (figures: Figures): Map<string, { told: number; of: number; needs: string }> => {
  const types = new Map<string, { told: number; of: number; needs: string }>();
  for (const one of Object.values(figures.attacks)) {
    const before = types.get(one.type) ?? { told: 0, of: 0, needs: one.needs };
    const told = sum(STRENGTHS.map((strength) => one[strength].told));
    const of = sum(STRENGTHS.map((strength) => one[strength].of));
    types.set(one.type, { ...before, told: before.told + told, of: before.of + of });
  }
  return types;
};

export const counted = (alerts: readonly AlertLine[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const alert of alerts) counts[alert.type] = (counts[alert.type] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** -1 of nothing. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? -1;
};
export const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
