import type { Alert } from '@outrider/domain/detection/alert';
import { byCampaign, summarize } from '@outrider/domain/detection/campaign-summary';
import { duration, instant, printable } from './text-table.ts';

/** What `analyze` counted. */
export interface Tally {
  readonly entries: number;
  readonly refused: number;
  readonly duplicates: number;
  readonly alerts: number;
  readonly seconds: number;
}

/** One line of `analyze --format ndjson`. Times are ISO 8601. */
export const alertLine = (alert: Alert): string =>
  JSON.stringify({
    type: alert.type,
    entity: alert.entity,
    severity: alert.severity,
    confidence: alert.confidence,
    detectedAt: iso(alert.detectedAt),
    window: { from: iso(alert.window.from), to: iso(alert.window.to) },
    firstSeenAt: iso(alert.firstSeenAt),
    lastSeenAt: iso(alert.lastSeenAt),
    observed: alert.observed,
    expected: alert.expected,
    explanation: alert.explanation,
    gateway: alert.gateway,
    contributors: alert.contributors,
    scope: alert.scope,
    samples: alert.samples,
    detectorVersion: alert.detectorVersion,
    findings: alert.findings,
    simulated: alert.simulated,
    campaignId: alert.campaignId,
  });

const iso = (ms: number): string => new Date(ms).toISOString();

/** The same for a person: alerts that are one story together, in the order in which the stories began. */
export const alertReport = (alerts: readonly Alert[], tally: Tally): string => {
  const head =
    `${tally.entries.toLocaleString('en')} entries in ${tally.seconds.toFixed(1)} s` +
    ` (${Math.round(tally.entries / Math.max(tally.seconds, 0.001)).toLocaleString('en')}/s)` +
    `, ${tally.refused} refused, ${tally.duplicates} duplicates`;
  if (alerts.length === 0) return `${head}\n\nNothing to report.`;
  const campaigns = byCampaign(alerts);
  const stories = campaigns.length === alerts.length ? '' : ` in ${numberOf(campaigns.length, 'campaign')}`;
  return [head, '', `${numberOf(alerts.length, 'alert')}${stories}`, ...campaigns.map(story)].join('\n');
};

const numberOf = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const story = (alerts: readonly Alert[]): string => {
  if (alerts.length === 1) return alerts.map(one).join('\n');
  const { title, severity, firstSeenAt, lastSeenAt } = summarize(alerts);
  const span = `${instant(firstSeenAt)} for ${duration(lastSeenAt - firstSeenAt)}`;
  const head = printable(
    `CAMPAIGN  ${severity.toUpperCase()}  ${title}   ${numberOf(alerts.length, 'alert')}, ${span}`,
  );
  return ['', head, ...alerts.map((alert) => indented(one(alert)))].join('\n');
};

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

const one = (alert: Alert): string => {
  const name = alert.entity.name === alert.entity.id ? alert.entity.id : `${alert.entity.name} (${alert.entity.id})`;
  const lines = [
    '',
    `${alert.severity.toUpperCase()}  ${alert.type}  ${alert.entity.kind} ${name}   confidence ${alert.confidence.toFixed(2)}${alert.simulated ? '   SIMULATED' : ''}`,
    `  ${alert.explanation}`,
    `  detected ${instant(alert.detectedAt)}, seen ${instant(alert.firstSeenAt)} for ${duration(alert.lastSeenAt - alert.firstSeenAt)}`,
  ];
  const contributors = alert.contributors.slice(0, 5).map((c) => `${c.entity.kind} ${c.entity.name} × ${c.count}`);
  if (contributors.length > 0) lines.push(`  with ${contributors.join(', ')}`);
  if (alert.scope.endpoints.length > 0) lines.push(`  on ${alert.scope.endpoints.slice(0, 5).join(', ')}`);
  return lines.map(printable).join('\n');
};
