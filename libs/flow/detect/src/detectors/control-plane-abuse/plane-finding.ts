import { assertNever } from '@outrider/domain/assert-never';
import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller } from '../../engine/watcher.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import type { ControlPlane } from './control-plane.ts';
import { CONTROL_PLANE_ABUSE_VERSION, type Told, type Verdict } from './control-plane-abuse.detector.ts';
import type { PlaneCaller, ReachedPlane } from './reached-plane.ts';

export interface PlaneFindingParts {
  readonly event: ApiEvent;
  readonly at: number;
  readonly caller: Caller;
  readonly service: ReachedPlane;
  readonly plane: ControlPlane;
  readonly one: PlaneCaller;
  readonly verdict: Verdict;
  /** 401 and 403 within ten minutes. */
  readonly refused: number;
}

export const planeFinding = (parts: PlaneFindingParts): Draft => {
  const { event, at, caller, service, verdict } = parts;
  const id = event.serviceId || event.serviceName || event.upstream;
  const guessing = verdict.told === 'guessing';
  return findingOf({
    event,
    entity: { kind: 'service', id, name: event.serviceName || id },
    type: 'control-plane-abuse',
    version: CONTROL_PLANE_ABUSE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: guessing || verdict.told === 'guessed' ? at - 10 * MINUTE_MS : at,
    observed: guessing
      ? { metric: 'refused calls to a control plane', value: parts.refused, unit: 'in 10 min' }
      : { metric: 'answers of a control plane', value: parts.one.answers, unit: `to ${caller.entity.kind} ${caller.entity.name}`.slice(0, 64) }, // prettier-ignore
    expected: { low: 0, high: 0, mean: 0, n: service.callers.size, p: 1, warmUp: caller.warmUp },
    explanation: explanationOf(parts),
    evidence: service.evidence,
  });
};

const explanationOf = ({ event, caller, service, plane, one, verdict, refused }: PlaneFindingParts): string => {
  const where = `Service ${event.serviceName || event.serviceId || '(no name)'} leads to ${plane.name} (${event.upstream || service.upstream})`;
  const who = `${caller.entity.kind} ${caller.entity.name}`;
  const call = `${endpointOf(event)} ${event.status}`;
  const first = Number.isFinite(service.firstAt) ? new Date(service.firstAt).toISOString() : 'never';
  return `${where}. ${says(verdict.told, who, call, one, refused, first)}`;
};

const says = (told: Told, who: string, call: string, one: PlaneCaller, refused: number, first: string): string => {
  switch (told) {
    case 'status':
      return `It was asked how it is (${call}, ${who}). That tells little, but the way to it is open: expose the one path that is needed and nothing below it.`;
    case 'exposed':
      return `${who} was answered there (${call}): whoever the gateway lets through can run what stands behind it. This is told once; from now on new callers, calls without a credential and guessing are.`;
    case 'nobody':
      return `It answered ${who} without any credential (${call}): anybody who finds the path can read what it holds.`;
    case 'nobody-wrote':
      return `${who} changed something there without any credential (${call}, ${one.writes} such calls): the control plane is in the hands of whoever found the path.`;
    case 'newcomer':
      return `${who} was never answered there since ${first}, and now is (${call}).`;
    case 'newcomer-wrote':
      return `${who} was never answered there since ${first}, and now changes things (${call}, ${one.writes} such calls).`;
    case 'guessed':
      return `${who} was refused ${refused} times within 10 min and then answered (${call}): a key was found.`;
    case 'guessing':
      return `It refused ${refused} calls within 10 min (401 and 403; latest ${call} to ${who}): somebody looks for a way in.`;
    default:
      return assertNever(told);
  }
};
