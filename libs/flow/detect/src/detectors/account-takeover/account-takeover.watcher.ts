import type { Finding } from '@outrider/domain/detection/alert';
import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import { SUSPECT_METRIC } from '../credential-stuffing/credential-stuffing.detector.ts';
import { AuthEndpoints, isRecovery } from '../brute-force/auth-endpoints.ts';
import { Cadence, type Pace } from '../brute-force/cadence.ts';
import { clientOf, isByGateway, isFailedLogin, isGoodLogin, isReading } from '../brute-force/login-attempt.ts';
import { ACCOUNT_TAKEOVER_VERSION, judgeTakeover, type TakeoverVerdict } from './account-takeover.detector.ts';
import type { AccountTakeoverSettings } from './account-takeover.settings.ts';

const MAX_GUESSERS = 10_000;
/** Addresses whose good logins are counted, and for how long; ms. */
const MAX_CROWDS = 50_000;
const CROWD_MS = 7 * 24 * 60 * MINUTE_MS;
/** How `authorization_pending` is answered (RFC 8628, or as some providers do); a wrong password is 401 most often. */
const PENDING: ReadonlySet<number> = new Set([400, 403]);

/** What a program of people waits at least before it tries a refused password again; guessers are in more of a hurry. */
const DEVICE_GAP_MS = MINUTE_MS;

/** A guess that works comes at its turn. */
const isOffBeat = (gapMs: number, { medianGapMs }: Pace): boolean =>
  gapMs < 0.6 * medianGapMs || gapMs > 1.5 * medianGapMs;

/** One client at one address, from its first failed login on. */
class Attempts {
  failures = 0;
  /** Of them answered as to somebody who waits to be let in (device flow). */
  pending = 0;
  firstAt = 0;
  lastAt = 0;
  guesserUntil = Number.NEGATIVE_INFINITY;
  readonly cadence = new Cadence();
  readonly evidence = new Evidence();

  startOver(): void {
    this.failures = 0;
    this.pending = 0;
    this.cadence.clear();
  }
}

/** Counts failed logins in a row by address and client, and remembers whom other detectors saw guessing. */
export class AccountTakeoverWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #attempts: BoundedMap<Attempts>;
  /** `tenant|address` that guesses keys at the gateway → since when, until when, with what client. */
  readonly #keyGuessers = new BoundedMap<{ from: number; until: number; client: string; value: number }>(MAX_GUESSERS);
  /** `tenant|address` → good logins of a week and the week before it: many people are behind it, and their typos make no row. */
  readonly #crowds = new BoundedMap<{ since: number; now: number; before: number }>(MAX_CROWDS);
  /** `tenant|service|client` that tries stolen passwords → until when. */
  readonly #stuffers = new BoundedMap<{ until: number }>(MAX_GUESSERS);
  readonly #endpoints: AuthEndpoints;

  constructor(private readonly deps: Pick<DetectorDeps<AccountTakeoverSettings>, 'settings' | 'maxCallers'>) {
    this.#attempts = new BoundedMap(deps.maxCallers);
    this.#endpoints = new AuthEndpoints(deps.settings.base.authWords);
  }

  get evicted(): number {
    return this.#attempts.evicted + this.#keyGuessers.evicted + this.#stuffers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const map of [this.#attempts, this.#keyGuessers, this.#stuffers, this.#crowds]) map.forgetLanes(lanes);
  }

  forget({ addresses }: Forgotten): void {
    this.#attempts.forgetParts(addresses);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.credentialId !== '' && event.status < 300 && this.#keyGuessers.size > 0) {
      const draft = this.#firstAuthenticated(event, at, caller);
      if (draft) return draft;
    }
    if (isReading(event) || isByGateway(event) || !this.#endpoints.matches(event.pathTemplate)) return undefined;
    if (isFailedLogin(event)) this.#failed(event, at, caller);
    else if (isGoodLogin(event)) return this.#worked(event, at, caller);
    return undefined;
  }

  heard(finding: Finding, event: ApiEvent, at: number, caller: Caller): undefined {
    const { guesserMinutes, stufferMinutes } = this.deps.settings.of(event);
    const until = at + guesserMinutes * MINUTE_MS;
    if (finding.type === 'credential-stuffing' && finding.observed.metric === SUSPECT_METRIC)
      this.#stuffers.set(stufferKey(event), { until: at + stufferMinutes * MINUTE_MS }, caller.lane);
    if (finding.type !== 'brute-force') return undefined;
    if (event.answeredBy === 'kong' && event.status !== 429 && !this.#isLogin(event)) {
      const key = `${event.tenant}|${event.clientIp}`;
      const from = this.#keyGuessers.peek(key)?.from ?? finding.window.from;
      this.#keyGuessers.set(key, { from, until, client: clientOf(event), value: finding.observed.value }, caller.lane);
    } else {
      const attempts = this.#attempts.peek(attemptsKey(event));
      if (attempts) attempts.guesserUntil = until;
    }
    return undefined;
  }

  explain(event: ApiEvent, at: number): string | undefined {
    if (isReading(event) || !this.#endpoints.matches(event.pathTemplate)) return undefined;
    const attempts = this.#attempts.peek(attemptsKey(event));
    const settings = this.deps.settings.of(event);
    if (!attempts || at - attempts.lastAt > settings.windowMinutes * MINUTE_MS) return undefined;
    return `${attempts.failures} failed logins in a row of this client; a success after ${settings.minFailures} or more is told.`;
  }

  /** Of a log that does not name who answered. */
  #isLogin(event: ApiEvent): boolean {
    return !isByGateway(event) && !isReading(event) && this.#endpoints.matches(event.pathTemplate);
  }

  #failed(event: ApiEvent, at: number, caller: Caller): void {
    const attempts = this.#attempts.getOrMake(attemptsKey(event), () => new Attempts(), caller.lane);
    if (at - attempts.lastAt > this.deps.settings.of(event).windowMinutes * MINUTE_MS) attempts.startOver();
    if (attempts.failures === 0) attempts.firstAt = at;
    attempts.failures++;
    if (PENDING.has(event.status)) attempts.pending++;
    if (at > attempts.lastAt) attempts.lastAt = at;
    attempts.cadence.add(at, 0);
    attempts.evidence.add(event, at);
  }

  /** Good logins of the address in the last one to two weeks, before this one. */
  #goodLogins(event: ApiEvent, at: number, lane: number): number {
    const crowd = this.#crowds.getOrMake(
      `${event.tenant}|${event.clientIp}`,
      () => ({ since: at, now: 0, before: 0 }),
      lane,
    );
    if (at - crowd.since >= CROWD_MS) {
      crowd.before = at - crowd.since >= 2 * CROWD_MS ? 0 : crowd.now;
      crowd.now = 0;
      crowd.since = at;
    }
    return crowd.now++ + crowd.before;
  }

  #worked(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const goodLogins = this.#goodLogins(event, at, caller.lane);
    const attempts = this.#attempts.peek(attemptsKey(event));
    if (!attempts || attempts.failures === 0) return undefined;
    const settings = this.deps.settings.of(event);
    const { failures, firstAt, pending } = attempts;
    const late = at - attempts.lastAt > settings.windowMinutes * MINUTE_MS;
    // whoever logged in from there before uses the program that the lists are tried with as well
    const isStuffer = goodLogins === 0 && at < (this.#stuffers.peek(stufferKey(event))?.until ?? 0);
    const isGuesser = at < attempts.guesserUntil || isStuffer;
    if (late || (isRecovery(event.pathTemplate) && !isGuesser)) {
      attempts.startOver();
      return undefined;
    }
    const pace = attempts.cadence.paceSince(0);
    const waited = 2 * pending > failures && this.#endpoints.isForPrograms(event.pathTemplate) && pace.steady;
    const mended = pace.regular && pace.medianGapMs >= DEVICE_GAP_MS && isOffBeat(at - attempts.lastAt, pace);
    attempts.cadence.add(at, 0);
    const whole = attempts.cadence.paceSince(0);
    attempts.startOver();
    const verdict = judgeTakeover(
      {
        failures,
        isGuesser,
        isCrowd: goodLogins >= settings.crowdLogins,
        // an address that nobody ever logged in from is one client
        clientKnown: event.clientFingerprint !== '' || goodLogins === 0,
        slow: at - firstAt > settings.windowMinutes * MINUTE_MS,
        waited,
        mended,
        byClock: goodLogins === 0 && whole.exact && whole.medianGapMs < DEVICE_GAP_MS,
      },
      settings,
    );
    if (!verdict) return undefined;
    attempts.evidence.add(event, at);
    return this.#finding(event, at, caller, verdict, {
      from: firstAt,
      failures,
      evidence: attempts.evidence,
      explanation: `${failures === 1 ? '1 login' : `${failures} logins in a row`} of ${event.clientIp} failed within ${minutes(at - firstAt)} min, then one worked at ${endpointOf(event)} (${
        isGuesser ? 'it is one of those that were seen guessing' : `fewer than ${verdict.limit} are let pass`
      }). The password may have been guessed. Find the account, end its sessions and have its password changed, unless its owner says that it was they.`,
    });
  }

  /** A call that the gateway let in, of whom it refused again and again. */
  #firstAuthenticated(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const key = `${event.tenant}|${event.clientIp}`;
    const guesser = this.#keyGuessers.peek(key);
    if (!guesser || at >= guesser.until || at < guesser.from || guesser.client !== clientOf(event)) return undefined;
    // The consumer was here before: a neighbour behind the same address.
    if (caller.profile?.prefixes.has(CallerProfile.term(caller.prefix)) === true) return undefined;
    this.#keyGuessers.delete(key);
    if (caller.profile) caller.profile.toldStolenAt = at;
    const evidence = new Evidence();
    evidence.add(event, at);
    const limit = this.deps.settings.of(event).minFailures;
    return this.#finding(
      event,
      at,
      caller,
      { limit, severity: 'high', confidence: 0.88 },
      {
        from: guesser.from,
        failures: guesser.value,
        evidence,
        explanation: `${event.clientIp} was refused ${guesser.value} times by Kong while it guessed credentials, and then one of ${caller.entity.name} was accepted, which was never used from there before. The credential was probably guessed or stolen: replace it, and block the address.`,
      },
    );
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    verdict: TakeoverVerdict,
    what: {
      readonly from: number;
      readonly failures: number;
      readonly evidence: Evidence;
      readonly explanation: string;
    },
  ): Draft {
    return findingOf({
      event,
      entity: caller.entity,
      type: 'account-takeover',
      version: ACCOUNT_TAKEOVER_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: what.from,
      observed: {
        metric: 'failed logins before one that worked',
        value: what.failures,
        unit: `in ${minutes(at - what.from)} min`,
      },
      expected: { low: 0, high: verdict.limit - 1, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: what.explanation,
      evidence: what.evidence,
    });
  }
}

const minutes = (ms: number): number => Math.max(1, Math.round(ms / MINUTE_MS));
const attemptsKey = (event: ApiEvent): string => `${event.tenant}|${event.clientIp}|${clientOf(event)}`;
const stufferKey = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${clientOf(event)}`;
