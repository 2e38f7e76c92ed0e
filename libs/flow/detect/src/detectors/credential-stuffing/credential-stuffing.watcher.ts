import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { endpointOf } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { hash32 } from '../../duplicates/hash64.ts';
import { KnownSet } from '../../duplicates/known-set.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS, WINDOW_MS } from '../../windows/time.ts';
import { AuthEndpoints } from '../brute-force/auth-endpoints.ts';
import { clientOf, isByGateway, isFailedLogin, isGoodLogin, isReading } from '../brute-force/login-attempt.ts';
import {
  CREDENTIAL_STUFFING_VERSION,
  judgeStuffing,
  SUSPECT_METRIC,
  type StuffingVerdict,
  type StuffingView,
  type Suspects,
} from './credential-stuffing.detector.ts';
import type { CredentialStuffingSettings } from './credential-stuffing.settings.ts';
import { LoginTally } from './login-tally.ts';

const MAX_LOGINS = 2_000;
const MAX_CLIENTS = 2_000;
/** Addresses that somebody logged in from; 16 bytes each. */
const MAX_FAMILIAR = 500_000;
const LOOK_EVERY_MS = 2_000;
/** Failures from which the success of a kind of client says something. */
const TELLING = 5;
/** After a finding its traffic does not become what is usual. */
const POISONED_MS = HOUR_MS;

/** One endpoint that takes credentials. */
class LoginPlace {
  readonly recent = new LoginTally(WINDOW_MS);
  readonly hour = new LoginTally(HOUR_MS / 2);
  readonly evidence = new Evidence();
  /** Successes by kind of client, ever. */
  readonly worked = new BoundedMap<{ n: number }>(MAX_CLIENTS);
  firstAt = Number.POSITIVE_INFINITY;
  failures = 0;
  successes = 0;
  maxAttempts = 0;
  #previous = 0;
  lookedAt = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  toldOfClientsAt = Number.NEGATIVE_INFINITY;

  advance(at: number): void {
    if (at < this.firstAt) this.firstAt = at;
    this.hour.advance(at);
    const ended = this.recent.advance(at);
    if (ended === undefined) return;
    const attempts = ended.failures + ended.successes;
    if (at - this.reportedAt > POISONED_MS) {
      this.failures += ended.failures;
      this.successes += ended.successes;
      // a window holds one to two stretches
      this.maxAttempts = Math.max(this.maxAttempts, attempts + this.#previous);
    }
    this.#previous = attempts;
  }
}

/** Adds up failed logins of all callers by endpoint. */
export class CredentialStuffingWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #places = new BoundedMap<LoginPlace>(MAX_LOGINS);
  readonly #endpoints: AuthEndpoints;
  readonly #familiar = new KnownSet(MAX_FAMILIAR);

  constructor(private readonly deps: Pick<DetectorDeps<CredentialStuffingSettings>, 'settings'>) {
    this.#endpoints = new AuthEndpoints(deps.settings.base.authWords);
  }

  get evicted(): number {
    return this.#places.evicted;
  }

  /** What was added up over all callers cannot be taken apart; it is over in an hour. */
  forgetLanes(): void {}

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (isReading(event) || isByGateway(event) || !this.#endpoints.matches(event.pathTemplate)) return undefined;
    const failed = isFailedLogin(event);
    if (!failed && !isGoodLogin(event)) return undefined;
    const place = this.#places.getOrMake(keyOf(event), () => new LoginPlace());
    place.advance(at);
    const client = clientOf(event);
    if (!failed) {
      place.recent.succeed();
      place.worked.getOrMake(client, () => ({ n: 0 })).n++;
      this.#familiar.add(`${event.tenant}|${event.clientIp}`);
      return undefined;
    }
    const address = hash32(event.clientIp);
    const isFamiliar = this.#familiar.has(`${event.tenant}|${event.clientIp}`);
    place.recent.fail(address, client, isFamiliar);
    place.hour.fail(address, client, isFamiliar);
    place.evidence.add(event, at);
    const settings = this.deps.settings.of(event);
    if (
      place.hour.failures < Math.min(settings.minFailures, settings.minSuspectFailures) ||
      at < place.lookedAt + LOOK_EVERY_MS
    )
      return undefined;
    if (at < place.reportedAt + REPORT_EVERY_MS) return undefined;
    place.lookedAt = at;
    const view = viewOf(place, at, settings);
    const verdict = judgeStuffing(view, settings);
    // What is told of suspects is told by an event of one: others go by that.
    if (!verdict || (verdict.by === 'client' && !isSuspect(client, place.hour.failuresOf(client), place, settings)))
      return undefined;
    place.reportedAt = at;
    if (verdict.by === 'client') place.toldOfClientsAt = at;
    return stuffingFinding(event, at, caller, place, view, verdict, settings);
  }

  explain(event: ApiEvent): string | undefined {
    if (isReading(event) || !isFailedLogin(event) || !this.#endpoints.matches(event.pathTemplate)) return undefined;
    const place = this.#places.peek(keyOf(event));
    if (!place) return undefined;
    const { minSuspectFailures, minFailures, minAddresses } = this.deps.settings.of(event);
    return `${place.recent.failures} logins from ${place.recent.addresses} addresses failed at ${endpointOf(event)} in the last ten minutes, ${place.recent.successes} worked; from ${minFailures} failures of ${minAddresses} addresses on (${minSuspectFailures} of clients that hardly ever logged in there) it is looked at closely.`;
  }
}

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.pathTemplate}`;

const isSuspect = (client: string, failures: number, place: LoginPlace, s: CredentialStuffingSettings): boolean =>
  client !== '' && failures >= TELLING && (place.worked.peek(client)?.n ?? 0) <= s.maxSuccessRatio * failures;

const suspectsIn = (tally: LoginTally, place: LoginPlace, s: CredentialStuffingSettings): Suspects => {
  let [failures, addresses, kinds] = [0, 0, 0];
  for (const one of tally.clients(TELLING)) {
    if (!isSuspect(one.client, one.failures, place, s)) continue;
    failures += one.failures;
    addresses += one.addresses;
    kinds++;
  }
  return { failures, addresses, kinds };
};

const viewOf = (place: LoginPlace, at: number, settings: CredentialStuffingSettings): StuffingView => ({
  failures: place.recent.failures,
  successes: place.recent.successes,
  addresses: place.recent.addresses,
  familiar: place.recent.familiar,
  suspects: suspectsIn(place.recent, place, settings),
  hour: suspectsIn(place.hour, place, settings),
  told: at - place.toldOfClientsAt < settings.quietMinutes * MINUTE_MS,
  past: {
    spanMs: at - place.firstAt,
    failures: place.failures,
    successes: place.successes,
    maxAttempts: place.maxAttempts,
  },
});

const HOW = {
  client: 'They use programs that hardly ever logged in here.',
  surge: 'There were never so many logins here.',
  share: 'Nearly all logins here fail.',
};

const stuffingFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  place: LoginPlace,
  view: StuffingView,
  verdict: StuffingVerdict,
  s: CredentialStuffingSettings,
): Draft => {
  const attempts = view.past.failures + view.past.successes;
  return findingOf({
    event,
    entity: placeEntity(event),
    type: 'credential-stuffing',
    version: CREDENTIAL_STUFFING_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: Math.max(place.firstAt, at - verdict.minutes * 60_000),
    observed: {
      metric: verdict.by === 'client' ? SUSPECT_METRIC : 'failed logins',
      value: verdict.failures,
      unit: `of ${verdict.addresses} addresses in ${verdict.minutes} min`,
    },
    expected: {
      low: 0,
      high: leastOf(verdict, s) - 1,
      mean: attempts > 0 ? Math.round((1000 * view.past.failures) / attempts) / 1000 : 0,
      n: attempts,
      p: 1,
      warmUp: caller.warmUp,
    },
    explanation: `${verdict.failures} logins from ${verdict.addresses} addresses failed at ${endpointOf(event)} within ${verdict.minutes} min, ${(verdict.failures / verdict.addresses).toFixed(1)} tries each (fewer than ${leastOf(verdict, s)} failures of ${s.minAddresses} addresses are let pass). ${HOW[verdict.by]} This is how lists of stolen passwords are tried out. Slow logins down or ask for a second factor, and look which of these addresses got in.`,
    evidence: place.evidence,
    only: "status IN (400, 401, 403, 422, 423) AND method NOT IN ('GET', 'HEAD')",
  });
};

const leastOf = ({ by, minutes }: StuffingVerdict, s: CredentialStuffingSettings): number =>
  by === 'client' && minutes === 10 ? s.minSuspectFailures : s.minFailures;

const placeEntity = (event: ApiEvent): Entity =>
  event.serviceId === '' && event.serviceName === ''
    ? { kind: 'endpoint', id: endpointOf(event), name: endpointOf(event) }
    : { kind: 'service', id: event.serviceId || event.serviceName, name: event.serviceName || event.serviceId };
