import { SEVERITIES, type Alert, type Finding, type Severity } from './alert.ts';

const MAX_SAMPLES = 10;
const MAX_CONTRIBUTORS = 10;
const MAX_TAGS = 20;

/** The first finding of an open matter, which is a campaign of its own for now. `id` is a UUID, `now` the wall clock in ms. */
export const openAlert = (finding: Finding, id: string, now: number): Alert => ({
  ...finding,
  id,
  campaignId: id,
  state: 'open',
  revision: 1,
  firstSeenAt: finding.window.from,
  lastSeenAt: Math.max(finding.window.to, finding.detectedAt),
  findings: 1,
  openedAt: now,
  acknowledgedBy: null,
  resolvedAt: null,
  resolvedBy: null,
});

/**
 * A further finding of an open or acknowledged alert. The alert keeps its first `detectedAt`, widens its span, and shows the
 * strongest observation with the explanation and query that belong to it. `_now` is part of the lifecycle's signature only:
 * a finding moves nothing that is measured by the wall clock. Simulated findings say nothing of what an alert with real ones is like,
 * since that is acted upon: they only keep it going.
 */
export const joinFinding = (alert: Alert, finding: Finding, _now: number): Alert => {
  if (alert.simulated === finding.simulated) return joinAlike(alert, finding);
  const real = alert.simulated ? { ...alert, ...plainFinding(finding) } : alert;
  return { ...real, ...widened(alert, finding), findings: alert.findings + 1, revision: alert.revision + 1 };
};

const joinAlike = (alert: Alert, finding: Finding): Alert => {
  const peak = isStronger(finding, alert) ? finding : alert;
  return {
    ...alert,
    detectorVersion: peak.detectorVersion,
    observed: peak.observed,
    expected: peak.expected,
    explanation: peak.explanation,
    query: peak.query,
    severity: higherSeverity(alert.severity, finding.severity),
    confidence: Math.max(alert.confidence, finding.confidence),
    detectedAt: Math.min(alert.detectedAt, finding.detectedAt),
    ...widened(alert, finding),
    samples: [...new Set([...alert.samples, ...finding.samples])].slice(0, MAX_SAMPLES),
    contributors: mergeContributors(alert.contributors, finding.contributors),
    scope: {
      services: union(finding.scope.services, alert.scope.services, MAX_SAMPLES),
      routes: union(finding.scope.routes, alert.scope.routes, MAX_SAMPLES),
      endpoints: union(finding.scope.endpoints, alert.scope.endpoints, MAX_SAMPLES),
      tags: union(finding.scope.tags, alert.scope.tags, MAX_TAGS),
    },
    findings: alert.findings + 1,
    revision: alert.revision + 1,
  };
};

/** How long it goes on: every finding counts for that. */
const widened = (alert: Alert, finding: Finding): Pick<Alert, 'window' | 'firstSeenAt' | 'lastSeenAt'> => ({
  window: {
    from: Math.min(alert.window.from, finding.window.from),
    to: Math.max(alert.window.to, finding.window.to),
  },
  firstSeenAt: Math.min(alert.firstSeenAt, finding.window.from),
  lastSeenAt: Math.max(alert.lastSeenAt, finding.window.to, finding.detectedAt),
});

/** An alert handed in as a finding (two analyzers had the same matter) brings nothing but what a finding has. */
const plainFinding = (finding: Finding): Finding => ({
  tenant: finding.tenant,
  gateway: finding.gateway,
  type: finding.type,
  detectorVersion: finding.detectorVersion,
  entity: finding.entity,
  severity: finding.severity,
  confidence: finding.confidence,
  detectedAt: finding.detectedAt,
  window: finding.window,
  observed: finding.observed,
  expected: finding.expected,
  explanation: finding.explanation,
  samples: finding.samples,
  contributors: finding.contributors,
  scope: finding.scope,
  query: finding.query,
  simulated: finding.simulated,
});

/** A person has seen it. Undefined unless it is open. */
export const acknowledgeAlert = (alert: Alert, actor: string, _now: number): Alert | undefined =>
  alert.state === 'open'
    ? { ...alert, state: 'acknowledged', acknowledgedBy: actor, revision: alert.revision + 1 }
    : undefined;

/** It is over, or a person says so. Undefined when it is resolved already. */
export const resolveAlert = (alert: Alert, actor: string, now: number): Alert | undefined =>
  alert.state === 'resolved'
    ? undefined
    : { ...alert, state: 'resolved', resolvedAt: now, resolvedBy: actor, revision: alert.revision + 1 };

type Weight = Pick<Finding, 'severity' | 'confidence' | 'simulated'>;

/** Whether two alerts differ in what a policy looks at most: worth telling at once. What is real outweighs what is simulated. */
export const hasRisen = (before: Weight, after: Weight): boolean =>
  before.simulated === after.simulated
    ? severityRank(after.severity) > severityRank(before.severity) || after.confidence > before.confidence + 0.005
    : before.simulated;

/** Whether `a` is a graver matter than `b`: a real one than any simulated one, else the more severe. */
export const isGraver = (
  a: Pick<Weight, 'severity' | 'simulated'>,
  b: Pick<Weight, 'severity' | 'simulated'>,
): boolean => (a.simulated === b.simulated ? severityRank(a.severity) > severityRank(b.severity) : b.simulated);

export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

const isStronger = (finding: Finding, alert: Alert): boolean =>
  finding.observed.metric === alert.observed.metric
    ? finding.observed.value > alert.observed.value
    : SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(alert.severity);

const higherSeverity = (a: Severity, b: Severity): Severity => (SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b);

/** Findings of one alert overlap in time, so the larger count of a contributor stands, not the sum. */
const mergeContributors = (a: Alert['contributors'], b: Alert['contributors']): Alert['contributors'] => {
  const merged = new Map<string, Alert['contributors'][number]>();
  for (const one of [...a, ...b]) {
    const key = `${one.entity.kind}:${one.entity.id}`;
    const known = merged.get(key);
    if (!known || known.count < one.count) merged.set(key, one);
  }
  return [...merged.values()].sort((x, y) => y.count - x.count).slice(0, MAX_CONTRIBUTORS);
};

const union = (first: readonly string[], second: readonly string[], limit: number): string[] =>
  [...new Set([...first, ...second])].slice(0, limit);
