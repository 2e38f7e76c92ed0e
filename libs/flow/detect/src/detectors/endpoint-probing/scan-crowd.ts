import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { hash32 } from '../../duplicates/hash64.ts';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { HOUR_MS } from '../../windows/time.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';
import { Prober } from './prober.ts';
import { bitsIn } from './word-list-path.ts';

const MAX_STACKS = 2_000;
const MAX_ADDRESSES = 256;

interface Crowd {
  prober: Prober;
  readonly addresses: Set<number>;
  /** Of the first address: one scan is one alert. */
  entity: Entity;
  lastAt: number;
}

export interface CrowdScan {
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
    return { entity: crowd.entity, prober, addresses: addresses.size, distinct };
  }
}

const fresh = (entity: Entity, at: number): Crowd => ({
  prober: new Prober(),
  addresses: new Set(),
  entity,
  lastAt: at,
});
