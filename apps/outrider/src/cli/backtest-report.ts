import type { Backtest, BacktestAlert, BacktestBlock, BacktestResult } from '@outrider/domain/detection/backtest';
import { duration, instant, printable } from './text-table.ts';

/** Of each list; `--json` has more. */
const SHOWN = 20;

export const backtestText = ({ change, from, to, result }: Backtest): string => {
  if (!result) return 'It has no result.';
  const { alerts, blocks } = result;
  return [
    `${instant(from)} to ${instant(to)}: ${examined(change.kind, result)}`,
    '',
    `Alerts  ${alerts.before} before, ${alerts.after} after: ${alerts.gainedCount} gained, ${alerts.lostCount} lost`,
    `Blocks  ${blocks.before} before, ${blocks.after} after: ${blocks.gainedCount} gained, ${blocks.lostCount} lost`,
    `Consumers hit  ${result.consumersHit} newly, ${result.consumersFreed} no longer`,
    ...listed('Alerts gained', '+', alerts.gained, alerts.gainedCount, alertText),
    ...listed('Alerts lost', '-', alerts.lost, alerts.lostCount, alertText),
    ...listed('Blocks gained', '+', blocks.gained, blocks.gainedCount, blockText),
    ...listed('Blocks lost', '-', blocks.lost, blocks.lostCount, blockText),
    ...(result.notes.length === 0 ? [] : ['', ...result.notes.map((note) => `Note: ${printable(note)}`)]),
  ].join('\n');
};

const count = (n: number): string => n.toLocaleString('en');

const examined = (
  kind: Backtest['change']['kind'],
  { events, run, oneCallerIn, seconds, alerts }: BacktestResult,
): string =>
  kind === 'policy'
    ? `${count(alerts.before)} alerts in ${seconds} s`
    : `${count(run)} events in ${seconds} s${oneCallerIn === 1 ? '' : `, about every ${oneCallerIn}. caller of ${count(events)} events`}`;

const listed = <T>(
  head: string,
  sign: string,
  items: readonly T[],
  total: number,
  text: (item: T) => readonly string[],
): string[] => {
  if (items.length === 0) return [];
  const lines = items.slice(0, SHOWN).flatMap((item) => {
    const [first = '', ...rest] = text(item).map(printable);
    return [`${sign} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
  const more = total - Math.min(SHOWN, items.length);
  return ['', head, ...lines, ...(more > 0 ? [`  and ${count(more)} more (--json)`] : [])];
};

const alertText = ({ detectedAt, severity, type, entity, explanation }: BacktestAlert): string[] => [
  `${instant(detectedAt)}  ${severity}  ${type}  ${entity.kind} ${entity.name}`,
  explanation,
];

const blockText = ({ from, until, action, entity, policy, type, severity }: BacktestBlock): string[] => [
  `${instant(from)}  ${action}  ${entity.kind} ${entity.name}  ${until === null ? 'for ever' : `for ${duration(until - from)}`}`,
  `by "${policy}" for ${type} (${severity})`,
];
