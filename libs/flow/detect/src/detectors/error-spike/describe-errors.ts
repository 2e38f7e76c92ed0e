import { wilsonInterval } from '@outrider/domain/baseline/wilson';
import { errorLimit, isServiceUnwell, type ErrorView } from './error-spike.detector.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';
import { ERROR_NAMES } from './service-outage.ts';

/** What one caller's errors look like to the detector, whether or not they are a spike. */
export const describeErrors = (
  caller: string,
  service: string,
  view: ErrorView,
  s: ErrorSpikeSettings,
  upstreamAway: boolean,
): string => {
  const others = view.others[0] ?? { errors: 0, requests: 0 };
  const { low } = wilsonInterval(view.errors, view.requests, s.z);
  const why = [
    view.requests < s.minRequests ? `below ${s.minRequests} requests only what is plain is judged` : '',
    isServiceUnwell(view, s) ? 'others fail as well, so it is the service' : '',
    upstreamAway ? 'the upstream was away, which is not its doing' : '',
  ].filter((text) => text !== '');
  return `${[
    `${view.errors} of ${view.requests} requests of ${caller} to ${service} in 5 min ended in ${ERROR_NAMES[view.kind]} (at least ${percent(low)} for certain, more than ${percent(errorLimit(view, s))} is told; before, ${view.pastErrors} of ${view.pastRequests})`,
    `its other callers got ${others.errors} in ${others.requests}`,
    ...why,
  ].join('; ')}.`;
};

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
