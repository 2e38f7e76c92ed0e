import type { ExcludedTime } from '@outrider/domain/baseline/baseline';

/** What people said about one entity's baseline; compared by identity: the same object until something else is said. */
export interface TeachingTime {
  /** Only what came from then on teaches (event time, ms); -Infinity: all. */
  readonly from: number;
  readonly excluded: readonly ExcludedTime[];
}

/** Nothing of before `from` counts for this entity any more; event time, ms. */
export interface Reset {
  readonly of: 'callers' | 'endpoints' | 'services' | 'routes' | 'gateways';
  /** The key that detection has (see engine/forgotten.ts). */
  readonly key: string;
  readonly from: number;
}

/** What people said about baselines, by the keys that detection has; undefined of those nobody said anything about. */
export interface TeachingTimes {
  /** `tenant|kind|id` (callerKeyOf). */
  ofCaller(key: string): TeachingTime | undefined;
  /** `tenant|service|METHOD template` (endpointKeyOf). */
  ofEndpoint(key: string): TeachingTime | undefined;
  /** `tenant|id`, or the name where it has no id. */
  ofService(key: string): TeachingTime | undefined;
  /** Grows when a reset comes that was not known. */
  readonly revision: number;
  /** Resets in force that were not known at that revision. */
  resetsSince(revision: number): readonly Reset[];
}

/** Everything teaches. */
export const ALL_TIME: TeachingTimes = {
  ofCaller: () => undefined,
  ofEndpoint: () => undefined,
  ofService: () => undefined,
  revision: 0,
  resetsSince: () => [],
};

/** Whether what happens at `at` is taken up into what is usual. */
export const teaches = (said: TeachingTime | undefined, at: number): boolean =>
  said === undefined || (at >= said.from && !said.excluded.some(({ from, to }) => at >= from && at <= to));

/** Nothing of this span teaches. */
export const isUntaught = ({ from, excluded }: TeachingTime, span: ExcludedTime): boolean =>
  span.to < from || excluded.some((one) => one.from <= span.from && span.to <= one.to);
