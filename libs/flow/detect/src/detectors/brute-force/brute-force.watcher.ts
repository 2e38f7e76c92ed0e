import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { KnownSet } from '../../duplicates/known-set.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { bucketOf, DAY_MS, HOUR_MS } from '../../windows/time.ts';
import {
  judgeGatewayGuessing,
  judgeLoginGuessing,
  judgeHourOfGuessing,
  judgeSlowGuessing,
  type SlowView,
} from './brute-force.detector.ts';
import type { BruteForceSettings } from './brute-force.settings.ts';
import { Guesser, guessFinding, SLOW_REPORT_MS, type GuessingPlace } from './guess-report.ts';
import { StuffingCrowds } from './stuffing-crowds.ts';
import { clientOf, isByGateway, isFailedLogin, isGoodLogin, isReading } from './login-attempt.ts';
import type { LoginPaths } from './login-paths.ts';
import { PrefixGuessing } from './prefix-guessing.ts';

/** Credentials and addresses known to work; 16 bytes each. */
const MAX_KNOWN_GOOD = 1_000_000;
const TEN_MINUTES_MS = 600_000;
/** Failures among which a 429 at a login is one more guess. */
const GUESSING_ALREADY = 3;
/** Failures of an address in a day up to which it may be one of many that take turns: more are its own affair. */
const FEW_OF_MANY = 4;
/** Part of a minute's refusals that the latest 20 s have where they came all at once. */
const AT_ONCE_SHARE = 0.7;
/** A mark of its own for a credential that used to work. */
const STALE = 1;

/** Keeps what the guessing rules need: refusals of credentials by address, failed logins at the upstream by caller and address. */
export class BruteForceWatcher implements Watcher {
  readonly #gateway: BoundedMap<Guesser>;
  readonly #logins: BoundedMap<Guesser>;
  readonly #prefixes: PrefixGuessing;
  readonly #workingCredentials = new KnownSet(MAX_KNOWN_GOOD);
  readonly #workingAddresses = new KnownSet(MAX_KNOWN_GOOD);
  /** Where somebody logged in from. */
  readonly #loggedIn = new KnownSet(MAX_KNOWN_GOOD);
  readonly #crowds = new StuffingCrowds();

  constructor(
    private readonly deps: Pick<DetectorDeps<BruteForceSettings>, 'settings' | 'maxCallers'>,
    private readonly logins: LoginPaths,
  ) {
    this.#gateway = new BoundedMap(deps.maxCallers);
    this.#logins = new BoundedMap(deps.maxCallers);
    this.#prefixes = new PrefixGuessing(deps.settings, Math.ceil(deps.maxCallers / 4));
  }

  get evicted(): number {
    return this.#gateway.evicted + this.#logins.evicted + this.#prefixes.evicted + this.#crowds.evicted;
  }

  /** Credentials and addresses that ever worked stay known. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    for (const kept of [this.#gateway, this.#logins, this.#prefixes, this.#crowds]) kept.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#gateway.forgetKeys(callers);
    this.#logins.forgetParts(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.credentialId !== '') this.#remember(event);
    if (event.answeredBy === 'kong' && (isByGateway(event) || isReading(event) || !this.logins.matches(event))) {
      if ((event.status === 401 || event.status === 403) && event.credentialId === '' && event.consumerId === '')
        return this.#refused(event, at, caller);
      return event.status === 429 && this.logins.matches(event) ? this.#followed(event, at, caller) : undefined;
    }
    if (this.logins.matches(event)) return this.#login(event, at, caller);
    // Where upstreams check the keys themselves.
    if (event.credentialFingerprint === '' || event.credentialId !== '') return undefined;
    if (event.status === 401) return this.#refused(event, at, caller);
    if (event.status < 300) this.#remember(event);
    return undefined;
  }

  heard(finding: Finding, event: ApiEvent, at: number, caller: Caller): undefined {
    this.#crowds.hear(finding, event, at, caller.lane);
    return undefined;
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const isRefused = event.status === 401 || event.status === 403;
    const { gatewayFailures60s, gatewayFailures10m, loginFailures60s, loginFailures10m } = this.deps.settings.of(event);
    const login = this.logins.matches(event) && event.answeredBy === 'upstream';
    if (login ? !isFailedLogin(event) : !isRefused) return undefined;
    const guesser = login ? this.#logins.peek(loginKey(event, caller)) : this.#gateway.peek(caller.key);
    if (!guesser) return undefined;
    const [minute, ten] = [guesser.log.within(60_000), guesser.log.within(TEN_MINUTES_MS)];
    return login
      ? `${minute.failures} failed logins in a minute (${loginFailures60s} are told), ${ten.failures} of ${ten.attempts} in ten (${loginFailures10m} are told); ${guesser.cadence.paceSince(at - DAY_MS).failures} since one worked.`
      : `${minute.failures} refusals in a minute with ${minute.distinct} credentials (more than ${gatewayFailures60s} are told), ${ten.failures} in ten with ${ten.distinct} (more than ${gatewayFailures10m}).`;
  }

  #remember(event: ApiEvent): void {
    if (event.credentialFingerprint !== '')
      this.#workingCredentials.add(`${event.tenant}|${event.credentialFingerprint}`);
    this.#workingAddresses.add(`${event.tenant}|${event.clientIp}`);
  }

  #refused(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const guesser = this.#gateway.getOrMake(caller.key, fresh, caller.lane);
    const { log, cadence, evidence } = guesser;
    const print = event.credentialFingerprint;
    // A credential that used to work and no longer does is stale, not guessed: it counts as the same one every time.
    const stale = print !== '' && this.#workingCredentials.has(`${event.tenant}|${print}`);
    const mark = print === '' ? 0 : stale ? STALE : hash32(print) || 2;
    log.add(at, mark);
    if (mark > STALE || (mark === 0 && cadence.size < 16)) cadence.add(at, mark);
    if (mark === 0 && (event.userAgent !== '' || event.clientFingerprint !== '')) guesser.bare.add(event.path);
    evidence.add(event, at);
    const shared = mark > STALE && isMostly(log.failuresWithin(TEN_MINUTES_MS), caller, log.lastAt);
    return (
      this.#judgeRefusals(event, at, caller, guesser) ??
      (mark > STALE ? this.#slow(event, at, caller, guesser, 'gateway') : undefined) ??
      (shared && at > log.reportedAt + TEN_MINUTES_MS
        ? this.#prefixes.failed(event, at, caller, mark, 'gateway')
        : undefined)
    );
  }

  #judgeRefusals(event: ApiEvent, at: number, caller: Caller, guesser: Guesser): Draft | undefined {
    const { log, evidence } = guesser;
    const settings = this.deps.settings.of(event);
    if (
      log.failuresWithin(TEN_MINUTES_MS) <= settings.gatewayFailures60s ||
      !log.worthALook ||
      at < log.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    const head = bucketOf(log.lastAt);
    const verdict = judgeGatewayGuessing(
      {
        in60s: log.within(60_000),
        in10m: log.within(TEN_MINUTES_MS),
        allAtOnce: log.failuresWithin(20_000) > AT_ONCE_SHARE * log.failuresWithin(60_000),
        requests60s: caller.requests(head - 5, head),
        requests10m: caller.requests(head - 59, head),
        knownGood:
          event.answeredBy !== 'kong' ||
          this.#workingAddresses.has(`${event.tenant}|${event.clientIp}`) ||
          this.#prefixes.isTold(event, at, caller, 'gateway'),
        steady: guesser.cadence.paceSince(0).steady,
        triesPaths: guesser.bare.isWide,
      },
      settings,
    );
    if (!verdict) return undefined;
    log.reportedAt = at;
    return guessFinding({ event, at, caller, evidence, verdict, place: 'gateway' });
  }

  #login(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (isFailedLogin(event)) return this.#failedLogin(event, at, caller);
    if (isGoodLogin(event)) {
      const guesser = this.#logins.peek(loginKey(event, caller));
      guesser?.log.addSuccess(at);
      guesser?.cadence.clear();
      this.#loggedIn.add(`${event.tenant}|${event.clientIp}`);
      this.#loggedIn.add(clientKey(event));
      this.#prefixes.worked(event, at, caller);
    } else if (event.status === 429) return this.#followed(event, at, caller);
    return undefined;
  }

  /** Refused for being too many. */
  #followed(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    return isFollowing(this.#logins.peek(loginKey(event, caller)), at)
      ? this.#failedLogin(event, at, caller)
      : undefined;
  }

  #failedLogin(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const guesser = this.#logins.getOrMake(loginKey(event, caller), fresh, caller.lane);
    const mark = hash32(`${event.path}?${event.query}`) || 1;
    guesser.log.add(at, mark);
    guesser.cadence.add(at, mark);
    guesser.evidence.add(event, at);
    guesser.clients.add(clientOf(event), this.#loggedIn.has(clientKey(event)), at);
    const reading = isReading(event);
    // One of many that try a list of passwords: that is told of them all.
    if (this.#crowds.has(event, at, guesser.log.failuresWithin(TEN_MINUTES_MS))) return undefined;
    return (
      this.#judgeLogins(event, at, caller, guesser, reading) ??
      (reading ? undefined : this.#slow(event, at, caller, guesser, 'login')) ??
      (reading || at < guesser.log.reportedAt + TEN_MINUTES_MS
        ? undefined
        : this.#prefixes.failed(event, at, caller, mark, 'login')) ??
      (reading || this.logins.isForPrograms(event) || guesser.cadence.size > FEW_OF_MANY
        ? undefined
        : this.#prefixes.failedSlowly(event, at, caller, mark))
    );
  }

  #judgeLogins(event: ApiEvent, at: number, caller: Caller, guesser: Guesser, reading: boolean): Draft | undefined {
    const { log, evidence } = guesser;
    const settings = this.deps.settings.of(event);
    if (
      log.failuresWithin(TEN_MINUTES_MS) < settings.loginFailures60s ||
      !log.worthALook ||
      at < log.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    const verdict = judgeLoginGuessing(log.within(60_000), log.within(TEN_MINUTES_MS), settings);
    // Reading with ever the same query is polling.
    if (!verdict || guesser.clients.areMany || (reading && verdict.distinct < settings.loginFailures60s))
      return undefined;
    // A program that waits for a person to allow it (device flow), or that is stuck, asks by a clock.
    if (this.logins.isForPrograms(event) && guesser.cadence.paceSince(0).steady) return undefined;
    log.reportedAt = at;
    return guessFinding({ event, at, caller, evidence, verdict, place: 'login' });
  }

  #slow(event: ApiEvent, at: number, caller: Caller, guesser: Guesser, where: GuessingPlace): Draft | undefined {
    const settings = this.deps.settings.of(event);
    if (guesser.cadence.size < settings.slowFailures || at < guesser.slowReportedAt + SLOW_REPORT_MS) return undefined;
    if (at < guesser.log.reportedAt + SLOW_REPORT_MS) return undefined;
    if (where === 'gateway' && this.#workingAddresses.has(`${event.tenant}|${event.clientIp}`)) return undefined;
    const place: SlowView['place'] =
      where === 'gateway' ? 'gateway' : this.logins.isForPrograms(event) ? 'token' : 'login';
    const pace = guesser.cadence.paceSince(at - DAY_MS);
    const authenticated = event.credentialId !== '';
    const verdict =
      judgeSlowGuessing({ ...pace, place, authenticated }, settings) ??
      (place === 'login' && guesser.cadence.size >= settings.hourFailures
        ? judgeHourOfGuessing(
            { ...guesser.cadence.paceSince(at - HOUR_MS), place, authenticated, knownAddress: this.#isKnown(event) },
            settings,
          )
        : undefined);
    if (!verdict) return undefined;
    guesser.slowReportedAt = at;
    return guessFinding({ event, at, caller, evidence: guesser.evidence, verdict, place: where });
  }

  /** Somebody was let in from there before. */
  #isKnown(event: ApiEvent): boolean {
    const address = `${event.tenant}|${event.clientIp}`;
    return this.#loggedIn.has(address) || this.#workingAddresses.has(address);
  }
}

const fresh = (): Guesser => new Guesser();
const clientKey = (event: ApiEvent): string => `${event.tenant}|${event.clientIp}|${clientOf(event)}`;
const loginKey = (event: ApiEvent, caller: Caller): string => `${caller.key}|${event.clientIp}`;

/** It failed often enough, not long ago. */
const isFollowing = (guesser: Guesser | undefined, at: number): boolean =>
  guesser !== undefined && guesser.log.total >= GUESSING_ALREADY && at < guesser.log.lastAt + TEN_MINUTES_MS;

/** Half of what the caller does in ten minutes, or more, is being refused. */
const isMostly = (failures: number, caller: Caller, lastAt: number): boolean => {
  const head = bucketOf(lastAt);
  return failures * 2 >= caller.requests(head - 59, head);
};
