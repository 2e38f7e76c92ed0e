import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { hash32 } from '../../duplicates/hash64.ts';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { HOUR_MS } from '../../windows/time.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';
import { Prober } from './prober.ts';
import { bitsIn } from './word-list-path.ts';

const MAX_STACKS = 2_000;
const MAX_ADDRESSES = 256;

interface Crowd {
  prober: Prober;
  /** Any refused paths, of addresses that have hardly anything but refusals; and these addresses. Made when the first such comes. */
  lost: { readonly prober: Prober; readonly addresses: FailureLog } | undefined;
  readonly addresses: Set<number>;
  /** Of the first address: one scan is one alert. */
  entity: Entity;
  lastAt: number;
}

export interface CrowdScan {
  readonly rule: 'word-list' | 'lost';
  readonly limit: number;
  readonly entity: Entity;
  readonly prober: Prober;
  readonly addresses: number;
  readonly distinct: number;
}

/** One client stack that asks for word lists' names from many addresses, a few each: a scan by way of a botnet or rotating proxies. */
export class ScanCrowds {
  readonly #stacks = new BoundedMap<Crowd>(MAX_STACKS);

  get evicted(): number {
    return this.#stacks.evicted;
  }

  /** A name of word lists; what it makes of the stack's last hour when that is worth an alert. */
  asked(event: ApiEvent, at: number, kinds: number, entity: Entity, s: EndpointProbingSettings): CrowdScan | undefined {
    if (event.clientFingerprint === '' || entity.kind !== 'ip') return undefined;
    const crowd = this.#stacks.getOrMake(`${event.tenant}|${event.clientFingerprint}`, () => fresh(entity, at));
    if (at - crowd.lastAt > HOUR_MS) {
      crowd.addresses.clear();
      crowd.prober = new Prober();
      crowd.entity = entity;
    }
    crowd.lastAt = Math.max(crowd.lastAt, at);
    const { prober, addresses } = crowd;
    if (addresses.size < MAX_ADDRESSES) addresses.add(hash32(event.clientIp));
    prober.wordListed(at, event.pathTemplate, kinds);
    prober.evidence.add(event, at);
    if (addresses.size < s.crowdAddresses || prober.wordListTotal < s.crowdPaths1h) return undefined;
    if (bitsIn(prober.wordListKinds) < s.wordListKinds || at < prober.log.reportedAt + REPORT_EVERY_MS)
      return undefined;
    const distinct = prober.wordListWithin(HOUR_MS);
    if (distinct < s.crowdPaths1h) return undefined;
    prober.log.reportedAt = at;
    return {
      rule: 'word-list',
      limit: s.crowdPaths1h,
      entity: crowd.entity,
      prober,
      addresses: addresses.size,
      distinct,
    };
  }

  /**
   * A path that never worked, asked for by an address that was refused nearly all it asked for. Each of them asks for something else: people
   * who come by a dead link, and applications of which a part was taken away, ask for the same again.
   */
  refused(event: ApiEvent, at: number, entity: Entity, s: EndpointProbingSettings): CrowdScan | undefined {
    if (event.clientFingerprint === '' || entity.kind !== 'ip') return undefined;
    const crowd = this.#stacks.getOrMake(`${event.tenant}|${event.clientFingerprint}`, () => fresh(entity, at));
    if (crowd.lost === undefined || at - crowd.lost.prober.log.lastAt > HOUR_MS) {
      crowd.lost = { prober: new Prober(), addresses: new FailureLog() };
      crowd.entity = entity;
    }
    const { prober, addresses } = crowd.lost;
    prober.refuse(at, event.pathTemplate, event.status, '');
    addresses.add(at, hash32(event.clientIp) || 1);
    prober.evidence.add(event, at);
    const { log } = prober;
    if (log.total < s.crowdRefused1h || log.total % 8 !== 0 || at < log.reportedAt + REPORT_EVERY_MS) return undefined;
    const { distinct, remembered } = log.within(HOUR_MS);
    if (distinct < s.crowdRefused1h || distinct < s.crowdDistinctShare * remembered) return undefined;
    const from = addresses.within(HOUR_MS).distinct;
    if (from < s.crowdAddresses) return undefined;
    log.reportedAt = at;
    return { rule: 'lost', limit: s.crowdRefused1h, entity: crowd.entity, prober, addresses: from, distinct };
  }
}

const fresh = (entity: Entity, at: number): Crowd => ({
  prober: new Prober(),
  lost: undefined,
  addresses: new Set(),
  entity,
  lastAt: at,
});
