import { STRENGTHS } from '@outrider/corpus/attacks/attack';
import { inSight, quantile, recallByType, sum, type Figures } from './figures.ts';
import type { Result } from './run.ts';

const MISSES_SHOWN = 60;
const FALSE_SHOWN = 60;
/** Event time within which a strong attack is to be told; s. */
const LOUD_SECONDS = 60;

/** docs/evaluation.md. */
export const reportOf = (figures: Figures, results: readonly Result[], facts: readonly string[]): string =>
  [
    '# Evaluation',
    '',
    '`npm run evaluate` writes this file, `evaluation.json` (the figures that a later run is compared with) and `evaluation-roc.svg`. It makes labelled',
    'estates (`tools/corpus`), runs `outrider analyze` on each, as a user would, and compares the alerts with the labels.',
    '',
    'What is counted: an attack is *told* when an alert of its type, or of one that is right as well, names the attacker (or what was attacked, where nobody can be',
    'named) while it lasts. Another alert on the same attacker is *also told*, and no false alarm. Every other alert is false. Attacks are weak (as near to the',
    "catalogue's threshold as an honest tester would go), medium (two to three times it) and strong. Time is event time, from the attack's first request.",
    '',
    "Strict: an upstream's outage is benign here, so that a notice that a service is unwell counts as false. The three strengths of an attack share one estate, so that",
    'the same false alarm can show three times; the rate per consumer-day is of benign corpora alone, which are all different.',
    '',
    ...head(figures, facts),
    '',
    '## Attacks',
    '',
    ...attackTable(figures),
    '',
    '![ROC](evaluation-roc.svg)',
    '',
    '## False alarms on benign corpora',
    '',
    ...falseAlarms(results, true),
    '',
    '## False alarms on corpora with attacks',
    '',
    ...falseAlarms(results, false),
    '',
    '## What was missed',
    '',
    ...missed(results, figures),
    '',
    '## What this does not show',
    '',
    '- The estates are made up. They vary by seed in business, API, ids, people, networks and tools, but one generator made them all.',
    '- Attacks do not react to the answers that they get, and nothing is blocked.',
    '- One gateway: losses between several nodes are not in sight of `analyze`.',
    '- The events per second were measured with two runs at a time, start of the process included.',
    '',
  ].join('\n');

const percent = (told: number, of: number): string => (of === 0 ? '–' : `${Math.round((100 * told) / of)} %`);

const head = (figures: Figures, facts: readonly string[]): string[] => {
  const sighted = Object.values(figures.attacks).filter(inSight);
  const by = STRENGTHS.map((strength) => {
    const told = sum(sighted.map((one) => one[strength].told));
    const of = sum(sighted.map((one) => one[strength].of));
    return `${strength} ${percent(told, of)} (${told} of ${of})`;
  });
  const loud = sighted.flatMap(({ strongSeconds }) => (strongSeconds < 0 ? [] : [strongSeconds]));
  const quick = loud.filter((seconds) => seconds <= LOUD_SECONDS).length;
  const types = [...recallByType(figures)].filter(([, one]) => one.told === 0).map(([type]) => `\`${type}\``);
  return [
    `- ${figures.corpora} corpora, ${figures.entries.toLocaleString('en')} entries, ${figures.eventsPerSecond.toLocaleString('en')} events/s`,
    `- recall of what logs alone can show: ${by.join(', ')}`,
    `- strong attacks, told after: ${spoken(quantile(loud, 0.5))} of event time in the median; ${quick} of ${loud.length} within ${LOUD_SECONDS} s`,
    `- false alarms on benign corpora: ${figures.benign.falseAlarms} in ${figures.benign.consumerDays.toLocaleString('en')} consumer-days, ${figures.benign.perConsumerDay} per consumer-day`,
    `- corpora with attacks: ${figures.attacked.right} right alerts, ${figures.attacked.alsoTold} also told, ${figures.attacked.wrong} false; precision ${figures.attacked.precision}`,
    `- analyze was given: ${facts.length === 0 ? 'nothing but the log' : facts.join(', ')}`,
    ...(types.length === 0 ? [] : [`- never told: ${types.join(', ')}`]),
  ];
};

const attackTable = (figures: Figures): string[] => [
  '| attack | type | weak | medium | strong | median of strong | of all | p90 | requests, median | p90 | needs |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ...Object.entries(figures.attacks).map(([name, one]) => {
    const cells = STRENGTHS.map((strength) => `${one[strength].told} / ${one[strength].of}`);
    const time = one.medianSeconds < 0 ? ['not detected', '', '', '', ''] : [one.strongSeconds < 0 ? '–' : spoken(one.strongSeconds), spoken(one.medianSeconds), spoken(one.p90Seconds), one.medianRequests, one.p90Requests]; // prettier-ignore
    return `| ${[name, one.type, ...cells, ...time, one.needs].join(' | ')} |`;
  }),
];

const spoken = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;

const falseAlarms = (results: readonly Result[], benign: boolean): string[] => {
  const wrong = results.filter((one) => (one.run.attacks.length === 0) === benign).flatMap(({ run, matched }) => matched.wrong.map((alert) => ({ run, alert }))); // prettier-ignore
  if (wrong.length === 0) return ['None.'];
  const types = [...new Set(wrong.map((one) => one.alert.type))].sort();
  const lines = types.flatMap((type) => {
    const mine = wrong.filter((one) => one.alert.type === type);
    const shown = mine.slice(0, Math.max(3, Math.floor(FALSE_SHOWN / types.length)));
    return [
      `- **${type}**: ${mine.length}`,
      ...shown.map(({ run, alert }) => `  - ${run.id}, ${new Date(alert.detectedAt).toISOString()}, ${alert.entity.kind} ${plain(alert.entity.name)}, ${alert.severity} ${alert.confidence}: ${plain(alert.explanation)}`), // prettier-ignore
    ];
  });
  return lines;
};

/** Nothing of a log line is to act as markup. */
const plain = (text: string): string =>
  text
    .replace(/[<>|`*_[\]\\]/g, (sign) => `\\${sign}`)
    .replaceAll('\n', ' ')
    .slice(0, 300);

const missed = (results: readonly Result[], figures: Figures): string[] => {
  const never = new Set([...recallByType(figures)].filter(([, one]) => one.told === 0).map(([type]) => type));
  const all = results.flatMap(({ run, matched }) => matched.detections.filter((one) => one.alert === undefined).map((one) => ({ run, one }))); // prettier-ignore
  const some = all.filter(({ one }) => !never.has(one.label.type));
  const requests = quantile(
    some.map(({ one }) => one.label.attackRequests),
    0.5,
  );
  return [
    ...(never.size === 0
      ? []
      : [`Types that were never told, whatever the strength: ${[...never].sort().join(', ')}.`, '']),
    some.length === 0 ? 'Of the other types, nothing.' : `Of the other types ${some.length} attacks (median ${requests} requests):`, // prettier-ignore
    '',
    ...some.slice(0, MISSES_SHOWN).map(({ run, one }) => {
      const { label } = one;
      const minutes = Math.round((label.to - label.from) / 60_000);
      const told = one.alsoTold.length === 0 ? 'nothing was said of it' : `told as ${one.alsoTold.join(', ')}`;
      return `- ${label.attack}, ${label.strength}, ${run.id}: ${label.attackRequests} requests in ${minutes} min from ${new Date(label.from).toISOString()}; ${told}`;
    }),
    ...(some.length > MISSES_SHOWN ? [`- and ${some.length - MISSES_SHOWN} more`] : []),
  ];
};
