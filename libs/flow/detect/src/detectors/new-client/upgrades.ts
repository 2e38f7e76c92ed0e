import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS } from '../../windows/time.ts';

const MAX_CLIENTS = 2_000;
const WITHIN_MS = 2 * DAY_MS;
const MAX_CALLERS = 32;

/** Which callers of a tenant took up which client lately: when several do, it is a release. */
export class Upgrades {
  readonly #clients = new BoundedMap<Map<string, number>>(MAX_CLIENTS);

  /** Callers that took up the client within 48 hours, this one included. */
  note(tenant: string, client: string, callerKey: string, at: number): number {
    const callers = this.#clients.getOrMake(`${tenant}|${client}`, () => new Map());
    for (const [key, since] of callers) if (at - since > WITHIN_MS) callers.delete(key);
    if (!callers.has(callerKey) && callers.size < MAX_CALLERS) callers.set(callerKey, at);
    return callers.size;
  }

  get evicted(): number {
    return this.#clients.evicted;
  }
}
