import type { SpikeThresholds, SpikeVerdict, SpikeView } from './request-spike.detector.ts';
import type { RequestSpikeSettings } from './request-spike.settings.ts';

/** One or two sentences with the figures that decided. */
export const explainSpike = (name: string, view: SpikeView, v: SpikeVerdict): string => {
  const { profile, peers } = view;
  const span = v.windowMs === 30_000 ? '30 s' : '5 min';
  const seen = `${name} made ${v.observed} requests in ${span}`;
  const busiest = Math.max(profile.max, view.recentMax);
  switch (v.rule) {
    case 'baseline':
      return `${seen}, where about ${round(profile.mean)} are usual at this hour and never more than ${busiest} were seen in ${profile.n} five-minute spans (probability ${chance(v.p)}; the limit was ${round(v.threshold)}). If it is no job that its owner knows of, limit it.`;
    case 'learning':
      return `${seen}, ${round(v.ratio)} times its busiest five minutes so far (${busiest}), and beyond what its ${peers.callers} peers do (nine in ten never passed ${round(peers.q90)}). Less than a day or 500 requests of it are known, so its own short past and absolute limits decide (the limit was ${round(v.threshold)}). If it is no job that its owner knows of, limit it.`;
    case 'fast':
      return `${seen}, where its busiest minute so far had ${Math.max(profile.maxMinute, 0)}. A rise of this size within seconds is a loop, not a rush: limit it.`;
    case 'young':
      return `${seen}, after a life of ${view.pastRequests} requests with at most ${view.busiestBucket} in 10 s. Little of it is known, but a rise of this size within seconds is a loop: limit it.`;
    case 'arrival':
      return `${seen} without any past, ${Math.round(view.arrival.monotony * 100)} % of them by one client at one endpoint; the busiest of ${peers.callers} peers made ${round(peers.max)} in 5 min (the limit was ${round(v.threshold)}). Nobody begins like this by hand.`;
    case 'newcomer':
      if (peers.callers === 0)
        return `${seen} without any past, by one client at one endpoint, while nobody else was there to compare it with. Nobody begins like this by hand.`;
      return `${seen} without any past, more than ${round(peers.max)} which the busiest of its ${peers.callers} peers ever made in 5 min. It may be a first load.`;
  }
};

/** What the window looks like to the detector, whether or not it is a spike. */
export const describeWindow = (
  name: string,
  view: SpikeView,
  limits: SpikeThresholds,
  settings: Pick<RequestSpikeSettings, 'maxServerErrorShare' | 'maxExplainedShare'>,
): string => {
  const { profile, situation, peers } = view;
  const known =
    profile.warmUp === 'learning'
      ? `less than a day or 500 requests of it are known (${profile.requests}), its busiest five minutes before were ${Math.max(profile.max, view.recentMax)}, and nine in ten of ${peers.callers} peers never passed ${round(peers.q90)}`
      : `about ${round(profile.mean)} are usual at this hour and never more than ${profile.max} were seen in ${profile.n} five-minute spans (${profile.warmUp})`;
  const excuses = [
    situation.surge > 1 ? `the estate rose as well, which raises the limits ${round(situation.surge)} times` : '',
    situation.serverErrorShare >= settings.maxServerErrorShare ? 'most of them ended in server errors: retries' : '',
    situation.explainedShare >= settings.maxExplainedShare
      ? 'most of them are refusals that another finding explains'
      : '',
  ].filter((text) => text !== '');
  return `${name} made ${view.count5m} requests in 5 min (${limitOf(limits.window)}) and ${view.count30s} in 30 s (${limitOf(limits.fast)}): ${[known, ...excuses].join('; ')}.`;
};

const limitOf = (limit: number): string =>
  Number.isFinite(limit) ? `${Math.ceil(limit)} and more are told` : 'no limit applies yet';

const round = (n: number): string => (n >= 10 ? String(Math.round(n)) : String(Math.round(n * 10) / 10));
const chance = (p: number): string => (p < 1e-12 ? 'below 1e-12' : p.toExponential(1));
