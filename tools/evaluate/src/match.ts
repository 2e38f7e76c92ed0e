import type { Named } from '@outrider/corpus/attacks/attack';
import type { Label } from '@outrider/corpus/corpus';
import type { AlertLine } from './alert-line.ts';

/** An alert may begin before the attack (its window does) and end after it (it is judged later). */
const BEFORE_MS = 10 * 60_000;
const AFTER_MS = 40 * 60_000;

export interface Detection {
  readonly label: Label;
  /** The first alert of a right type about the attack. */
  readonly alert: AlertLine | undefined;
  /** Every alert of a right type about it: for the thresholds of the ROC. */
  readonly right: readonly AlertLine[];
  /** Event time and the attack's requests from its beginning to the alert. */
  readonly delayMs: number | undefined;
  readonly requests: number | undefined;
  /** Types of further alerts about it. */
  readonly alsoTold: readonly string[];
}

export interface Matched {
  readonly detections: readonly Detection[];
  /** Alerts about no attack. */
  readonly wrong: readonly AlertLine[];
  readonly rightAlerts: number;
  readonly alsoTold: number;
}

/** Which alerts are about which attacks. An alert on the attacker of another type is told apart, and is no false alarm. */
export const match = (labels: readonly Label[], alerts: readonly AlertLine[]): Matched => {
  const about = labels.map((label) => alerts.filter((alert) => isAbout(alert, label)));
  const explained = new Set([
    ...about.flat(),
    ...alerts.filter((alert) => labels.some((one) => isConsequence(alert, one))),
  ]);
  const right = new Set<AlertLine>();
  const detections = labels.map((label, i): Detection => {
    const mine = about[i] ?? [];
    const fitting = mine.filter((alert) => isRight(alert, label)).sort((a, b) => a.detectedAt - b.detectedAt);
    for (const alert of fitting) right.add(alert);
    const [first] = fitting;
    return {
      label,
      alert: first,
      right: fitting,
      delayMs: first && Math.max(0, first.detectedAt - label.from),
      requests: first && label.times.filter((at) => at <= first.detectedAt).length,
      alsoTold: [...new Set(mine.filter((alert) => !isRight(alert, label)).map((alert) => alert.type))],
    };
  });
  return {
    detections,
    wrong: alerts.filter((alert) => !explained.has(alert)),
    rightAlerts: right.size,
    alsoTold: [...explained].filter((alert) => !right.has(alert)).length,
  };
};

const isRight = (alert: AlertLine, label: Label): boolean =>
  alert.type === label.type || label.also.includes(alert.type);

const isAbout = (alert: AlertLine, label: Label): boolean => {
  if (alert.firstSeenAt > label.to + AFTER_MS || alert.lastSeenAt < label.from - BEFORE_MS) return false;
  if (alert.detectedAt < label.from) return false;
  if (label.entities.some((one) => one.name !== undefined && isNamed(alert.entity, one))) return true;
  if (isRight(alert, label))
    return label.entities.some((one) => one.name === undefined && one.kind === alert.entity.kind);
  return alert.contributors.some(({ entity }) => label.entities.some((one) => one.name !== undefined && one.kind !== 'service' && one.kind !== 'route' && isNamed(entity, one))); // prettier-ignore
};

const isConsequence = (alert: AlertLine, label: Label): boolean =>
  label.consequences.some(
    (one) =>
      one.type === alert.type &&
      alert.detectedAt >= one.from &&
      alert.detectedAt <= one.to + AFTER_MS &&
      one.entities.some((each) =>
        each.name === undefined ? each.kind === alert.entity.kind : isNamed(alert.entity, each),
      ),
  );

const isNamed = (entity: AlertLine['entity'], named: Named): boolean => {
  if (named.name === undefined) return false;
  if (entity.id === named.name || entity.name === named.name) return true;
  // a prefix stands for its addresses
  return named.kind === 'ip' && entity.id.endsWith('/24') && entity.id.slice(0, entity.id.lastIndexOf('.')) === named.name.slice(0, named.name.lastIndexOf('.')); // prettier-ignore
};
