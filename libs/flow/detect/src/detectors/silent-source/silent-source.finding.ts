import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { Hole } from './holes.ts';
import type { Lull } from './lull.ts';
import { SILENT_SOURCE_VERSION, type SourceVerdict, type SourceView } from './silent-source.detector.ts';
import type { Source } from './source.ts';

export const silenceFinding = (source: Source, lull: Lull, view: SourceView, verdict: SourceVerdict): Draft => {
  const { lifeMs, expected, longestGapMs } = view;
  return findingOf({
    event: source.event,
    entity: entityOf(source),
    type: 'silent-source',
    version: SILENT_SOURCE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at: lull.peakAt * MINUTE_MS,
    from: lull.since * MINUTE_MS,
    observed: { metric: 'silence', value: Math.round(view.silenceMs / MINUTE_MS), unit: 'min' },
    expected: {
      low: 1,
      high: Math.round(longestGapMs / MINUTE_MS),
      mean: Math.round(expected),
      n: Math.floor(lifeMs / HOUR_MS),
      p: Math.exp(-Math.min(690, view.score)),
      warmUp: lifeMs < DAY_MS ? 'learning' : lifeMs < 7 * DAY_MS ? 'provisional' : 'mature',
    },
    explanation: `${silenceSays(source, view)} ${restOf(view)} What happens meanwhile is seen by nobody.`,
    evidence: undefined,
  });
};

/** Told once the stream is back. */
export const holeFinding = (source: Source, hole: Hole, verdict: SourceVerdict, at: number): Draft => {
  const seconds = Math.round((hole.to - hole.from) / 1000);
  const expected = Math.round((hole.perMinute * (hole.to - hole.from)) / MINUTE_MS);
  return findingOf({
    event: source.event,
    entity: entityOf(source),
    type: 'silent-source',
    version: SILENT_SOURCE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: hole.from,
    observed: { metric: 'silence', value: seconds, unit: 's' },
    expected: {
      low: 0,
      high: Math.round(hole.longestGapMs / 1000),
      mean: expected,
      n: Math.floor((hole.from - source.firstAt) / MINUTE_MS),
      p: Math.exp(-Math.min(690, expected)),
      warmUp: 'learning',
    },
    explanation: `No request of gateway ${entityOf(source).name} was logged for ${seconds} s, in a stream of ${Math.round(hole.perMinute / 60)} a second that never paused for more than ${Math.round(hole.longestGapMs / 100) / 10} s before and went on afterwards: about ${expected} lines are missing. The gateway was restarted, or the way that its logs take was cut.`,
    evidence: undefined,
  });
};

/** What was heard against what is usual, one sentence. */
export const silenceSays = (source: Source, view: SourceView): string => {
  const minutes = Math.round(view.silenceMs / MINUTE_MS);
  const heard =
    view.heard === 0 ? 'No request' : view.heard === 1 ? 'Hardly a request (1)' : `Hardly a request (${view.heard})`;
  const { kind } = source;
  return `${heard} of ${kind} ${entityOf(source).name} was logged for ${minutes} min, where about ${Math.round(view.expected)} were to be expected (those of one caller in a row counted once) and the longest pause so far was ${Math.round(view.longestGapMs / 1000)} s.`;
};

const restOf = ({ everything, kind }: SourceView): string =>
  everything
    ? 'Nothing else was heard either: the way that the logs take may be cut.'
    : kind === 'gateway'
      ? 'Other gateways went on: this one is down, or its logs do not arrive.'
      : 'Its gateway went on: the service is away, or its logs are kept back.';

const entityOf = ({ event, kind }: Source) =>
  kind === 'gateway'
    ? { kind, id: event.gateway, name: event.gateway }
    : { kind, id: event.serviceId, name: event.serviceName || event.serviceId };
