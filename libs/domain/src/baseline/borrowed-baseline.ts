import { spreadOf, STEP_MS } from './baseline.ts';
import type { LearnedBaseline } from './learned-baseline.ts';

/** An observation of a peer is worth this much of one's own. */
const PEER_WEIGHT = 0.5;
/** Peers stand for as many windows as a day has: after half a day of its own a newcomer counts as much as they do. */
const PEER_SPAN_MS = 86_400_000;

/**
 * A newcomer's baseline with what is usual among its peers, who count half; `own` itself where it knows enough or its peers do not.
 * How much peers differ from one another widens it.
 */
export const borrowFrom = (
  own: LearnedBaseline,
  peers: readonly LearnedBaseline[],
  group: { readonly by: string; readonly name: string },
): LearnedBaseline => {
  const known = peers.filter(
    (peer) => peer.warmUp !== 'learning' && peer.metric === own.metric && peer.step === own.step,
  );
  if (own.warmUp !== 'learning' || known.length === 0) return own;
  const weight = PEER_WEIGHT * (PEER_SPAN_MS / STEP_MS[own.step]);
  const share = weight / (own.n + weight);
  const theirs = own.expected.map((_, hour) => average(known.map((peer) => peer.expected[hour] ?? 0)));
  return {
    ...own,
    expected: own.expected.map((mean, hour) => (1 - share) * mean + share * (theirs[hour] ?? 0)),
    spread: spreadOfGroup(own, known),
    p999: Math.max(own.p999, share * median(known.map((peer) => peer.p999))),
    max: Math.max(own.max, share * median(known.map((peer) => peer.max))),
    group: { ...group, peers: known.length },
  };
};

/** The usual spread of a peer, and that of the peers' own means. */
const spreadOfGroup = (own: LearnedBaseline, known: readonly LearnedBaseline[]): number => {
  const within = median(known.map((peer) => peer.spread));
  const means = known.map((peer) => average([...peer.expected]));
  const mean = average(means);
  const variance = average(means.map((m) => (m - mean) ** 2));
  switch (spreadOf(own.metric)) {
    case 'count':
      return mean === 0 ? within : 1 / (1 / within + variance / mean ** 2);
    case 'size':
      return Math.sqrt(within ** 2 + variance);
    case 'ratio':
      return own.n === 0 ? within : own.spread;
  }
};

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
};
