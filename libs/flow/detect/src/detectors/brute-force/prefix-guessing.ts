import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeGatewayGuessing, judgeLoginGuessing, judgeSlowGuessing } from './brute-force.detector.ts';
import type { BruteForceSettings } from './brute-force.settings.ts';
import { Guesser, guessFinding, SLOW_REPORT_MS, type GuessingPlace } from './guess-report.ts';
import { clientOf } from './login-attempt.ts';

const MAX_ADDRESSES = 64;
const WINDOW_MS = 600_000;
/** While this address guesses it stands for its network; then another does. */
const LEAD_MS = 60_000;

class Network extends Guesser {
  /** Address → its last failure; ms. */
  readonly addresses = new Map<string, number>();
  lead = '';
  leadAt = Number.NEGATIVE_INFINITY;
}

/** Guessing by addresses of one network that take turns, each below the limits. */
export class PrefixGuessing {
  readonly #networks: BoundedMap<Network>;
  /** With one client: failed logins of a day with no success between. */
  readonly #slow: BoundedMap<Network>;

  constructor(
    private readonly settings: Tuned<BruteForceSettings>,
    maxNetworks: number,
  ) {
    this.#networks = new BoundedMap(maxNetworks);
    this.#slow = new BoundedMap(maxNetworks);
  }

  get evicted(): number {
    return this.#networks.evicted + this.#slow.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#networks.forgetLanes(lanes);
    this.#slow.forgetLanes(lanes);
  }

  /** The network of the address was told of in the last ten minutes: a few guesses of one of them are nothing more. */
  isTold(event: ApiEvent, at: number, caller: Caller, place: GuessingPlace): boolean {
    const network = this.#networks.peek(keyOf(event, caller, place));
    return network !== undefined && at < network.log.reportedAt + WINDOW_MS;
  }

  /** A login that worked, where others failed before. */
  worked(event: ApiEvent, at: number, caller: Caller): void {
    this.#networks.peek(keyOf(event, caller, 'login'))?.log.addSuccess(at);
    const slow = this.#slow.peek(slowKeyOf(event, caller));
    slow?.cadence.clear();
    slow?.addresses.clear();
  }

  /**
   * A failed login at a place for people: by many addresses of one network with one client, a quarter of an hour apart. Where a network has many
   * people with one client some of them log in between.
   */
  failedSlowly(event: ApiEvent, at: number, caller: Caller, mark: number): Draft | undefined {
    if (caller.prefix === '' || clientOf(event) === '') return undefined;
    const network = this.#slow.getOrMake(slowKeyOf(event, caller), () => new Network(), caller.lane);
    const { cadence, addresses, evidence } = network;
    const settings = this.settings.of(event);
    cadence.add(at, mark);
    evidence.add(event, at);
    for (const [address, last] of addresses) if (last < at - DAY_MS) addresses.delete(address);
    if (addresses.size < MAX_ADDRESSES || addresses.has(event.clientIp)) addresses.set(event.clientIp, at);
    if (cadence.size < settings.slowFailures || addresses.size < settings.prefixAddresses) return undefined;
    if (at < network.slowReportedAt + SLOW_REPORT_MS) return undefined;
    const pace = cadence.paceSince(at - DAY_MS);
    if (pace.medianGapMs < settings.slowGapMinutes * MINUTE_MS) return undefined;
    const verdict = judgeSlowGuessing({ ...pace, place: 'login', authenticated: event.credentialId !== '' }, settings);
    if (!verdict) return undefined;
    network.slowReportedAt = at;
    return guessFinding({
      event,
      at,
      caller,
      evidence,
      verdict,
      place: 'login',
      network: { prefix: caller.prefix, addresses: addresses.size },
    });
  }

  /** A failure that is not an address's own affair. */
  failed(event: ApiEvent, at: number, caller: Caller, mark: number, place: GuessingPlace): Draft | undefined {
    if (caller.prefix === '') return undefined;
    const network = this.#networks.getOrMake(keyOf(event, caller, place), () => new Network(), caller.lane);
    const { log, addresses } = network;
    const settings = this.settings.of(event);
    log.add(at, mark);
    network.evidence.add(event, at);
    if (addresses.size < MAX_ADDRESSES || addresses.has(event.clientIp)) addresses.set(event.clientIp, at);
    if (network.lead === event.clientIp) network.leadAt = at;
    if (addresses.size < settings.prefixAddresses || at < log.reportedAt + REPORT_EVERY_MS || !log.worthALook)
      return undefined;
    for (const [address, last] of addresses) if (last < at - WINDOW_MS) addresses.delete(address);
    if (addresses.size < settings.prefixAddresses) return undefined;
    if (network.lead !== event.clientIp && at < network.leadAt + LEAD_MS) return undefined;
    const verdict = place === 'gateway' ? atGateway(network, settings) : atLogin(network, settings);
    if (!verdict) return undefined;
    log.reportedAt = at;
    network.lead = event.clientIp;
    network.leadAt = at;
    return guessFinding({
      event,
      at,
      caller,
      evidence: network.evidence,
      verdict,
      place,
      network: { prefix: caller.prefix, addresses: addresses.size },
    });
  }
}

const atGateway = ({ log }: Network, settings: BruteForceSettings) => {
  const in60s = log.within(60_000);
  const in10m = log.within(WINDOW_MS);
  // Only addresses that do little else are added up; what shows no credential is a network of clients rather than one guesser.
  const view = { in60s, in10m, requests60s: in60s.failures, requests10m: in10m.failures, knownGood: true };
  return judgeGatewayGuessing(view, settings);
};

/** An office that comes back from holidays is a network too: twice the limits. */
const atLogin = ({ log }: Network, settings: BruteForceSettings) =>
  judgeLoginGuessing(log.within(60_000), log.within(WINDOW_MS), {
    ...settings,
    loginFailures60s: 2 * settings.loginFailures60s,
    loginFailures10m: 2 * settings.loginFailures10m,
    sprayingFailures10m: 2 * settings.sprayingFailures10m,
    loginFailureShare: Math.max(0.8, settings.loginFailureShare),
  });

const slowKeyOf = (event: ApiEvent, caller: Caller): string => `${event.tenant}|${caller.prefix}|${clientOf(event)}`;

const keyOf = (event: ApiEvent, caller: Caller, place: GuessingPlace): string =>
  `${event.tenant}|${place}|${caller.prefix}`;
