import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { AdminWords, asksForHealth } from './admin-words.ts';
import { controlPlaneOf, KONG_ADMIN, mayBeAdmin, type ControlPlane } from './control-plane.ts';
import { judgeGuesses, judgeUse, type Told, type Verdict } from './control-plane-abuse.detector.ts';
import type { ControlPlaneAbuseSettings } from './control-plane-abuse.settings.ts';
import { planeFinding } from './plane-finding.ts';
import { PlaneCaller, ReachedPlane } from './reached-plane.ts';

const MAX_SERVICES = 1_000;
const MAX_UPSTREAMS = 10_000;
/** What is told once of a service goes on for so long, so that the alert names who else comes; ms. */
const ONCE_FOR_MS = 10 * MINUTE_MS;

/** An ordinary event costs one look-up of its upstream. */
export class ControlPlaneAbuseWatcher implements Watcher {
  readonly #services = new BoundedMap<ReachedPlane>(MAX_SERVICES);
  /** What each upstream is by its name; null: nothing. */
  readonly #known = new Map<string, ControlPlane | 'maybe' | null>();

  constructor(private readonly deps: DetectorDeps<ControlPlaneAbuseSettings>) {}

  get evicted(): number {
    return this.#services.evicted;
  }

  /** Services are everybody's. */
  forgetLanes(): void {}

  forget({ services }: Forgotten): void {
    this.#services.forgetKeys(services);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const service = this.#serviceOf(event);
    if (service === undefined) return undefined;
    const who = whoIs(caller);
    if (event.status === 401 || event.status === 403) {
      const guessing = this.#refused(service, event, at, who, caller);
      if (guessing) return guessing;
    }
    if (event.answeredBy !== 'upstream') return undefined;
    if (service.plane === undefined && !proves(service, event)) return undefined;
    return this.#used(service, event, at, who, caller);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const service = this.#services.peek(keyOf(event));
    if (service?.plane === undefined) return undefined;
    const one = service.callers.peek(whoIs(caller));
    const refused = one?.guesses?.recent(at) ?? 0;
    const settings = this.deps.settings.of(event);
    const since = new Date(service.firstAt).toISOString();
    const reached = Number.isFinite(service.firstAt) ? `answered through the gateway since ${since}` : 'never answered';
    return `${event.upstream || service.upstream} is ${service.plane.name}, which ${reached}; ${one?.answers ?? 0} answers to ${caller.entity.name}, ${one?.writes ?? 0} of them writes; ${refused} refused within 10 min (from ${settings.guesses} on it is guessing); callers that come ${settings.learnHours} h after the first answer are new.`;
  }

  #serviceOf(event: ApiEvent): ReachedPlane | undefined {
    const { upstream } = event;
    if (upstream === '') return undefined;
    let what = this.#known.get(upstream);
    if (what === undefined) what = this.#look(event);
    if (what === null) {
      // Refused before the balancer was asked: the targets of a Kong upstream are not in the entry, but may be known.
      return this.#services.size === 0 || event.tries > 0 ? undefined : this.#services.get(keyOf(event));
    }
    const service = this.#services.getOrMake(keyOf(event), () => new ReachedPlane(upstream));
    if (what !== 'maybe') service.plane = what;
    else if (service.plane === undefined) service.words ??= new AdminWords();
    return service;
  }

  #look(event: ApiEvent): ControlPlane | 'maybe' | null {
    const what =
      controlPlaneOf(event.upstream, this.deps.settings.base.adminPorts) ??
      (mayBeAdmin(event.upstream) ? 'maybe' : null);
    if (this.#known.size >= MAX_UPSTREAMS) this.#known.clear();
    this.#known.set(event.upstream, what);
    return what;
  }

  #refused(service: ReachedPlane, event: ApiEvent, at: number, who: string, caller: Caller): Draft | undefined {
    const { one, guesses } = service.refuse(event, at, who);
    if (service.plane === undefined) return undefined;
    const view = service.guessView(guesses, at);
    const verdict = judgeGuesses(view, this.deps.settings.of(event));
    if (!verdict || !this.#mayTell(service.told, verdict.told, at, event)) return undefined;
    return planeFinding({ event, at, caller, service, plane: service.plane, one, verdict, refused: view.ofAll });
  }

  #used(service: ReachedPlane, event: ApiEvent, at: number, who: string, caller: Caller): Draft | undefined {
    const { plane } = service;
    const { status, method } = event;
    if (plane === undefined || status < 200) return undefined;
    const worked = status < 400;
    const wrote = worked && status < 300 && (method === 'POST' || method === 'PUT' || method === 'PATCH' || method === 'DELETE'); // prettier-ignore
    const settings = this.deps.settings.of(event);
    if (at < service.firstAt) service.firstAt = at;
    const one = service.callers.getOrMake(who, () => new PlaneCaller());
    if (worked) {
      one.answers++;
      if (wrote) one.writes++;
      if (at < one.firstAt) one.firstAt = at;
    }
    service.evidence.add(event, at);
    const refused = one.guesses === undefined || one.guesses.stale ? 0 : one.guesses.recent(at);
    const verdict = judgeUse(
      {
        plane: event.kind === 'stream' ? { ...plane, asksItself: true } : plane,
        worked,
        wrote,
        credential: event.credentialId !== '' || event.credentialFingerprint !== '',
        health: asksForHealth(method, event.path),
        newcomer: one.firstAt >= service.firstAt + settings.learnHours * HOUR_MS && at - one.firstAt < DAY_MS,
        refused,
      },
      settings,
    );
    const once = verdict.told === 'exposed' || verdict.told === 'status';
    if (
      !(once ? this.#mayTellOnce(service, verdict, at) : this.#mayTell(one.told, verdict.told, at, event, one.firstAt))
    )
      // prettier-ignore
      return undefined;
    if (!once && !service.told.has('exposed')) service.told.set('exposed', Number.NEGATIVE_INFINITY);
    return planeFinding({ event, at, caller, service, plane, one, verdict, refused });
  }

  /** A fact about the service is told when it is found, and for a few minutes after. */
  #mayTellOnce(service: ReachedPlane, { told }: Verdict, at: number): boolean {
    if (told === 'status' && service.told.has('exposed')) return false;
    const first = service.told.get(told);
    if (first === undefined) {
      service.told.set(told, at);
      service.toldAt = at;
      return true;
    }
    if (at - first > ONCE_FOR_MS || at < service.toldAt + REPORT_EVERY_MS) return false;
    service.toldAt = at;
    return true;
  }

  /**
   * Goes on while its alert does. What one caller does is told anew only after that for guessing: a caller that was told of is known from
   * then on.
   */
  #mayTell(told: Map<Told, number>, what: Told, at: number, event: ApiEvent, firstAt?: number): boolean {
    const last = told.get(what);
    if (last !== undefined) {
      if (at < last + REPORT_EVERY_MS) return false;
      const isOver = at - last > this.deps.settings.of(event).quietMinutes * MINUTE_MS;
      if (isOver && what !== 'guessing' && what !== 'guessed') return false;
    } else if (firstAt !== undefined && at - firstAt > DAY_MS && what === 'nobody') return false;
    told.set(what, at);
    return true;
  }
}

/** The caller; of addresses their network, since they change. */
const whoIs = (caller: Caller): string => (caller.profile === undefined ? `net:${caller.prefix}` : caller.key);

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId || event.serviceName || event.upstream}`;

/** Whether what the service has answered by now is the Admin API's alone. */
const proves = (service: ReachedPlane, event: ApiEvent): boolean => {
  if (event.status < 200 || event.status >= 300) return false;
  service.words?.add(event.pathTemplate);
  if (service.words?.prove !== true) return false;
  service.plane = KONG_ADMIN;
  return true;
};
