import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import {
  ANONYMOUS_ACCESS_VERSION,
  isProtected,
  mayBeOpened,
  judgeAnonymous,
  type AccessHistory,
  type AccessVerdict,
} from './anonymous-access.detector.ts';
import type { AnonymousAccessSettings } from './anonymous-access.settings.ts';

const MAX_TENANTS = 1_000;
const MAX_ROUTES = 20_000;
const MAX_EPISODES = 2_000;

/** Good answers of one route, open episodes left out. */
class RouteAccess {
  authenticated = 0;
  anonymous = 0;
  callers = 0;
  refusals = 0;
  firstAt = Number.POSITIVE_INFINITY;
  /** Latest good answer to somebody with a credential; ms. */
  lastAt = Number.NEGATIVE_INFINITY;
}

/** Answers to nobody in particular, one after the other, at one route. */
class Episode {
  answers = 0;
  reportedAt = Number.NEGATIVE_INFINITY;
  /** When this or the episodes before were told first. */
  toldAt = Number.POSITIVE_INFINITY;
  lastAt: number;
  readonly evidence = new Evidence();
  /** What it is told of: where no routes are logged, the first endpoint below it. */
  place: Entity | undefined;

  constructor(
    readonly firstAt: number,
    readonly history: AccessHistory,
    /** Of a young log: over as soon as somebody with a credential is served again. */
    readonly young = false,
  ) {
    this.lastAt = firstAt;
  }
}

/** Counts good answers by route, with and without a credential; what is known of endpoints is the framework's. */
export class AnonymousAccessWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  readonly #tenants = new BoundedMap<BoundedMap<RouteAccess>>(MAX_TENANTS);
  readonly #episodes = new BoundedMap<Episode>(MAX_EPISODES);
  #tenant = '';
  #routes: BoundedMap<RouteAccess> | undefined;

  constructor(private readonly deps: Pick<DetectorDeps<AnonymousAccessSettings>, 'settings'>) {}

  get evicted(): number {
    return (this.#routes?.evicted ?? 0) + this.#episodes.evicted;
  }

  /** Routes and endpoints are everybody's. */
  forgetLanes(): void {}

  forget({ routes }: Forgotten): void {
    for (const key of routes) {
      const cut = key.indexOf('|');
      this.#tenants.peek(key.slice(0, cut))?.delete(key.slice(cut + 1));
      this.#episodes.delete(key);
    }
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.status >= 300) {
      if (event.refusal === 'unauthenticated') this.#routeOf(event).refusals++;
      return undefined;
    }
    // What a plugin answers itself is no data of the service.
    if (event.answeredBy === 'kong') return undefined;
    const route = this.#routeOf(event);
    if (event.credentialId === '') return this.#anonymous(event, at, caller, route);
    if (route === undefined) return undefined;
    route.authenticated++;
    if (at < route.firstAt) route.firstAt = at;
    if (at > route.lastAt) route.lastAt = at;
    const callers = caller.endpoint?.callers.size ?? 0;
    if (callers > route.callers) route.callers = callers;
    return undefined;
  }

  explain(event: ApiEvent, at: number): string | undefined {
    if (event.credentialId !== '' || event.status < 200 || event.status >= 300) return undefined;
    const episode = this.#episodes.peek(episodeKey(event));
    if (!episode || at - episode.lastAt > HOUR_MS) return undefined;
    const { history } = episode;
    return `${episode.answers} good answers without a credential where before ${history.authenticated} of ${history.authenticated + history.anonymous} went to callers with one (${this.deps.settings.of(event).minAnswers} are told).`;
  }

  #routeOf(event: ApiEvent): RouteAccess {
    if (this.#routes === undefined || event.tenant !== this.#tenant) {
      this.#tenant = event.tenant;
      this.#routes = this.#tenants.getOrMake(event.tenant, () => new BoundedMap(MAX_ROUTES));
    }
    return this.#routes.getOrMake(routeIdOf(event), makeRoute);
  }

  #anonymous(event: ApiEvent, at: number, caller: Caller, route: RouteAccess | undefined): Draft | undefined {
    const usual = route === undefined ? caller.endpoint?.authenticated : route.authenticated;
    const settings = this.deps.settings.of(event);
    if (usual === undefined || usual < settings.minAuthenticated) {
      if (route !== undefined) route.anonymous++;
      return undefined;
    }
    const episode = this.#episodeOf(event, at, caller, route, settings);
    if (!episode) {
      if (route !== undefined) route.anonymous++;
      return undefined;
    }
    episode.answers++;
    if (at > episode.lastAt) episode.lastAt = at;
    episode.evidence.add(event, at);
    if (at < episode.reportedAt + REPORT_EVERY_MS || at - episode.toldAt > settings.meantAfterHours * HOUR_MS)
      return undefined;
    if (episode.young && (episode.answers < settings.minAnswersOpened || !isMissed(route, at))) return undefined;
    const view = { answers: episode.answers, history: episode.history, sensitive: caller.traits.admin };
    const verdict = judgeAnonymous(view, settings);
    if (!verdict) return undefined;
    episode.reportedAt = at;
    if (at < episode.toldAt) episode.toldAt = at;
    return accessFinding(event, at, caller, episode, verdict, settings);
  }

  /** The episode that goes on, or a new one where only callers with a credential were ever served. */
  #episodeOf(
    event: ApiEvent,
    at: number,
    caller: Caller,
    route: RouteAccess | undefined,
    settings: AnonymousAccessSettings,
  ): Episode | undefined {
    const key = episodeKey(event);
    const known = this.#episodes.get(key);
    const endpoint = endpointHistory(caller, at);
    if (known?.young === true && route !== undefined && route.authenticated > known.history.authenticated) {
      // both are served: it is open to all by design
      this.#episodes.delete(key);
      route.anonymous += known.answers;
      return undefined;
    }
    if (known && at - known.lastAt <= HOUR_MS) {
      // Another endpoint of the route may always have been open.
      return endpoint === undefined || endpoint.anonymous <= known.history.anonymous + known.answers + 1
        ? known
        : undefined;
    }
    const history = routeHistory(route, at) ?? endpoint;
    if (!history || !isProtected(history, settings)) {
      // The route is mixed; this endpoint of it may not be.
      if (endpoint && isProtected(endpoint, settings)) return this.#open(key, new Episode(at, endpoint));
      const opened = history !== undefined && route !== undefined && at - route.lastAt < HOUR_MS / 2;
      return opened && mayBeOpened(history, settings) ? this.#open(key, new Episode(at, history, true)) : undefined;
    }
    if (endpoint && endpoint.anonymous > settings.maxAnonymousShare * (endpoint.authenticated + endpoint.anonymous))
      return undefined;
    return this.#open(key, new Episode(at, history));
  }

  #open(key: string, episode: Episode): Episode {
    episode.toldAt = this.#episodes.peek(key)?.toldAt ?? Number.POSITIVE_INFINITY;
    this.#episodes.set(key, episode);
    return episode;
  }
}

/** Whoever comes with a credential would have come again, eight times over. */
const isMissed = (route: RouteAccess | undefined, at: number): boolean =>
  route !== undefined && at - route.lastAt >= (8 * (route.lastAt - route.firstAt)) / route.authenticated;

const makeRoute = (): RouteAccess => new RouteAccess();

/** Its name where logs were cut down to names; where they have none, what is below the first word of the path goes for one. */
const routeIdOf = (event: ApiEvent): string => event.routeId || event.routeName || areaOf(event);

const areaOf = ({ serviceId, serviceName, pathTemplate }: ApiEvent): string => {
  const end = pathTemplate.indexOf('/', 1);
  return `${serviceId || serviceName} ${end < 0 ? pathTemplate : pathTemplate.slice(0, end)}`;
};

const episodeKey = (event: ApiEvent): string => `${event.tenant}|${routeIdOf(event)}`;

const routeHistory = (route: RouteAccess | undefined, at: number): AccessHistory | undefined =>
  route && {
    authenticated: route.authenticated,
    anonymous: route.anonymous,
    callers: route.callers,
    spanMs: at - route.firstAt,
    refusals: route.refusals,
  };

const endpointHistory = ({ endpoint }: Caller, at: number): AccessHistory | undefined =>
  endpoint && {
    authenticated: endpoint.authenticated,
    anonymous: endpoint.anonymous,
    callers: endpoint.callers.size,
    spanMs: at - endpoint.firstAt,
    refusals: 0,
  };

const accessFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  episode: Episode,
  verdict: AccessVerdict,
  s: AnonymousAccessSettings,
): Draft => {
  const { history, answers, firstAt } = episode;
  const minutes = Math.max(1, Math.round((at - firstAt) / 60_000));
  const entity = (episode.place ??= placeEntity(event));
  const all = history.authenticated + history.anonymous;
  return findingOf({
    event,
    entity,
    type: 'anonymous-access',
    version: ANONYMOUS_ACCESS_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: firstAt,
    observed: { metric: 'good answers without a credential', value: answers, unit: `in ${minutes} min` },
    expected: { low: 0, high: s.minAnswers - 1, mean: history.anonymous / all, n: all, p: 1, warmUp: caller.warmUp },
    explanation: `${entity.name} served ${answers} requests without any credential within ${minutes} min, the last of ${event.clientIp}, where before ${history.authenticated} of ${all} good answers went to callers with one${
      history.refusals > 0 ? ` and Kong refused ${history.refusals} that had none` : ''
    }. Its authentication was probably taken off or can be passed by: everybody can read it.`,
    evidence: episode.evidence,
    only: "credential_id = '' AND status >= 200 AND status < 300",
  });
};

const placeEntity = (event: ApiEvent): Entity =>
  event.routeId === '' && event.routeName === ''
    ? { kind: 'endpoint', id: endpointOf(event), name: endpointOf(event) }
    : { kind: 'route', id: event.routeId || event.routeName, name: event.routeName || event.routeId };
