import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { KnownSet } from '../../duplicates/known-set.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { bucketOf } from '../../windows/time.ts';
import { AuthEndpoints } from './auth-endpoints.ts';
import {
  BRUTE_FORCE_VERSION,
  judgeGatewayGuessing,
  judgeLoginGuessing,
  type GuessingVerdict,
} from './brute-force.detector.ts';
import type { BruteForceSettings } from './brute-force.settings.ts';

/** Credentials and addresses known to work; 16 bytes each. */
const MAX_KNOWN_GOOD = 1_000_000;
const LOGIN_FAILURES = new Set([400, 401, 403, 422]);

/** Keeps what the guessing rules need: refusals at the gateway by address, failed logins at the upstream by caller and address. */
export class BruteForceWatcher implements Watcher {
  readonly #gateway: BoundedMap<{ log: FailureLog; evidence: Evidence }>;
  readonly #logins: BoundedMap<{ log: FailureLog; evidence: Evidence }>;
  readonly #workingCredentials = new KnownSet(MAX_KNOWN_GOOD);
  readonly #workingAddresses = new KnownSet(MAX_KNOWN_GOOD);
  readonly #endpoints: AuthEndpoints;

  constructor(
    private readonly settings: BruteForceSettings,
    maxCallers: number,
  ) {
    this.#gateway = new BoundedMap(maxCallers);
    this.#logins = new BoundedMap(maxCallers);
    this.#endpoints = new AuthEndpoints(settings.authWords);
  }

  get evicted(): number {
    return this.#gateway.evicted + this.#logins.evicted;
  }

  /** Credentials and addresses that ever worked stay known. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#gateway.forgetLanes(lanes);
    this.#logins.forgetLanes(lanes);
  }

  isLogin(event: ApiEvent): boolean {
    return this.#endpoints.matches(event.pathTemplate);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.credentialId !== '') this.#remember(event);
    if (event.answeredBy === 'kong')
      return (event.status === 401 || event.status === 403) && event.credentialId === '' && event.consumerId === ''
        ? this.#refusedAtGateway(event, at, caller)
        : undefined;
    return this.#endpoints.matches(event.pathTemplate) ? this.#login(event, at, caller) : undefined;
  }

  #remember(event: ApiEvent): void {
    if (event.credentialFingerprint !== '')
      this.#workingCredentials.add(`${event.tenant}|${event.credentialFingerprint}`);
    this.#workingAddresses.add(`${event.tenant}|${event.clientIp}`);
  }

  #refusedAtGateway(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { log, evidence } = this.#gateway.getOrMake(caller.key, fresh, caller.lane);
    // A credential that used to work and no longer does is stale, not guessed: it counts as the same one every time.
    const worked = this.#workingCredentials.has(`${event.tenant}|${event.credentialFingerprint}`);
    log.add(at, event.credentialFingerprint === '' ? 0 : worked ? 1 : hash32(event.credentialFingerprint) || 2);
    evidence.add(event, at);
    if (
      log.failuresWithin(600_000) <= this.settings.gatewayFailures60s ||
      !log.worthALook ||
      at < log.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    const head = bucketOf(log.lastAt);
    const verdict = judgeGatewayGuessing(
      {
        in60s: log.within(60_000),
        in10m: log.within(600_000),
        requests60s: caller.requests(head - 5, head),
        requests10m: caller.requests(head - 59, head),
        knownGood: this.#workingAddresses.has(`${event.tenant}|${event.clientIp}`),
      },
      this.settings,
    );
    return verdict && this.#report(event, at, caller, log, evidence, verdict, 'gateway');
  }

  #login(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const key = `${caller.key}|${event.clientIp}`;
    const reading = event.method === 'GET' || event.method === 'HEAD';
    const failed = LOGIN_FAILURES.has(event.status) && !(reading && event.query === '');
    if (!failed) {
      if (!reading && event.status < 400) this.#logins.peek(key)?.log.addSuccess(at);
      return undefined;
    }
    const { log, evidence } = this.#logins.getOrMake(key, fresh, caller.lane);
    const mark = hash32(`${event.path}?${event.query}`) || 1;
    log.add(at, mark);
    evidence.add(event, at);
    if (
      log.failuresWithin(600_000) < this.settings.loginFailures60s ||
      !log.worthALook ||
      at < log.reportedAt + REPORT_EVERY_MS
    )
      return undefined;
    const verdict = judgeLoginGuessing(log.within(60_000), log.within(600_000), this.settings);
    // Reading with ever the same query is polling.
    if (!verdict || (reading && verdict.distinct < this.settings.loginFailures60s)) return undefined;
    return this.#report(event, at, caller, log, evidence, verdict, 'login');
  }

  #report(
    event: ApiEvent,
    at: number,
    caller: Caller,
    log: FailureLog,
    evidence: Evidence,
    verdict: GuessingVerdict,
    where: 'gateway' | 'login',
  ): Draft {
    log.reportedAt = at;
    const minutes = verdict.windowMs / 60_000;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'brute-force',
      version: BRUTE_FORCE_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - verdict.windowMs,
      observed: { metric: 'failed authentications', value: verdict.observed, unit: `in ${minutes} min` },
      expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: explain(verdict, where, caller.entity.name, minutes),
      evidence,
      only:
        where === 'gateway'
          ? "answered_by = 'kong' AND status IN (401, 403)"
          : "answered_by = 'upstream' AND status IN (400, 401, 403, 422)",
    });
  }
}

const fresh = (): { log: FailureLog; evidence: Evidence } => ({ log: new FailureLog(), evidence: new Evidence() });

const explain = (v: GuessingVerdict, where: 'gateway' | 'login', name: string, minutes: number): string => {
  const span = minutes === 1 ? 'one minute' : `${minutes} minutes`;
  if (where === 'login')
    return `${v.observed} logins of ${name} failed at the upstream within ${span}, where at most ${v.limit - 1} are let pass${
      v.kind === 'spraying' ? `; ${v.distinct} different targets: one guess each for many accounts` : ''
    }. This is how passwords are guessed.`;
  if (v.kind === 'blind-guessing')
    return `Kong refused ${v.observed} requests of ${name} within ${span} (at most ${v.limit} are let pass) and nearly nothing else came from there. The log does not show the credentials, so it may also be a client that lost its own.`;
  return `${name} tried ${v.distinct} different credentials in ${v.observed} refused requests within ${span} (at most ${v.limit} are let pass). This is how keys are guessed.`;
};
