import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller } from '../../engine/watcher.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import type { ParameterSearch } from './parameter-search.ts';
import type { Trier } from './trier.ts';
import type { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';

export const UNDOCUMENTED_PARAMETER_VERSION = '3';

const BASE = { type: 'undocumented-parameter', version: UNDOCUMENTED_PARAMETER_VERSION } as const;

export const tampering = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  endpoint: EndpointKnowledge,
  trier: Trier,
): Draft => {
  const names = [...trier.privileged, ...trier.doubtful];
  return findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: names.length >= 3 ? 'medium' : 'low',
    confidence: Math.min(0.92, 0.7 + 0.05 * (names.length - 1)),
    at,
    from: Math.min(at, trier.since),
    observed: { metric: 'new query names that give rights', value: names.length, unit: 'in 1 h' },
    expected: { low: 0, high: 0, mean: 0, n: endpoint.successes, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${names.join(', ')} to endpoints that never had these query names, ${endpointOf(event)} in ${endpoint.successes} good answers, and was answered 2xx. This is how somebody tries to be given rights or another price: see whether the endpoint takes the name up, and who that is.`,
    evidence: trier.evidence,
    only: "query != ''",
  });
};

export const mining = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  endpoint: EndpointKnowledge,
  trier: Trier,
  settings: UndocumentedParameterSettings,
): Draft =>
  findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: 'medium',
    confidence: 0.8,
    at,
    from: Math.min(at, trier.minedSince),
    observed: { metric: 'new query names', value: trier.mined, unit: 'in 10 min' },
    expected: { low: 0, high: settings.minedNames, mean: 0, n: endpoint.successes, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${trier.mined} query names within 10 min that their endpoints never had, ${endpointOf(event)} in ${endpoint.successes} good answers (fewer than ${settings.minedNames} are let pass). This is how hidden parameters are searched for; if it is no test of your own, block it.`,
    evidence: trier.evidence,
    only: "query != ''",
  });

/** Names and values that this endpoint never had, tried out by one caller. */
export const trying = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  endpoint: EndpointKnowledge,
  trier: Trier,
  settings: UndocumentedParameterSettings,
): Draft => {
  const odd = [...trier.odd].filter(([, times]) => times >= settings.tries);
  const times = Math.max(0, ...odd.map(([, one]) => one));
  return findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: 'low',
    confidence: 0.7,
    at,
    from: Math.min(at, trier.since),
    observed: { metric: 'requests with parameters used in a new way', value: times, unit: 'in 1 h' },
    expected: { low: 0, high: settings.tries, mean: 0, n: endpoint.successes, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} asked ${endpointOf(event)} with ${odd.map(([what, n]) => `${what} (${n} times)`).join(', ')} within an hour, which nobody did in ${endpoint.successes} good answers (from ${settings.tries} times on it is told), and was not refused. This is how somebody finds out what an application does with input that it does not expect; if it is no test of your own, have the endpoint refuse it.`,
    evidence: trier.evidence,
    only: "query != ''",
  });
};

/** Long queries with other names each time. */
export const searching = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  search: ParameterSearch,
  settings: UndocumentedParameterSettings,
): Draft =>
  findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: 'medium',
    confidence: Math.min(0.95, 0.8 + 0.03 * (search.changed - settings.changingQueries)),
    at,
    from: Math.min(at, search.since),
    observed: { metric: 'different query names in long queries', value: search.names.size, unit: 'in 10 min' },
    expected: {
      low: 0,
      high: settings.changingNames,
      mean: 0,
      n: caller.endpoint?.successes ?? 0,
      p: 1,
      warmUp: caller.warmUp,
    },
    explanation: `${caller.entity.name} sent ${search.changed} queries of at least ${settings.longQueryNames} names each to ${endpointOf(event)} within 10 min, most of whose names it had not sent before: ${search.names.size} different ones (fewer than ${settings.changingNames} are let pass). Forms have the same names each time; this is how hidden parameters are searched for; if it is no test of your own, block it.`,
    evidence: search.evidence,
    only: "query != ''",
  });
