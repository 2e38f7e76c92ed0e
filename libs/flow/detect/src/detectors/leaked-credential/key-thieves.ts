import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { HOUR_MS } from '../../windows/time.ts';

const MAX_ADDRESSES = 10_000;

/**
 * Addresses of which `shared-fingerprint` tells that they use the keys of many: what else each of the keys does there is the same story. Only
 * where one process sees both; elsewhere the campaign joins what each tells.
 */
export class KeyThieves {
  /** A key turned up there at this event that is no alert of its own. */
  held: ApiEvent | undefined;
  readonly #until = new BoundedMap<{ at: number }>(MAX_ADDRESSES);

  told(event: ApiEvent, at: number): void {
    this.#until.set(`${event.tenant}|${event.clientIp}`, { at: at + HOUR_MS });
  }

  isTold(tenant: string, ip: string, at: number): boolean {
    return this.#until.size > 0 && at < (this.#until.peek(`${tenant}|${ip}`)?.at ?? Number.NEGATIVE_INFINITY);
  }
}

const KNOWN = new WeakMap<Knowledge, KeyThieves>();

/** One for all detectors of an engine. */
export const keyThievesOf = (knowledge: Knowledge): KeyThieves => {
  let thieves = KNOWN.get(knowledge);
  if (!thieves) KNOWN.set(knowledge, (thieves = new KeyThieves()));
  return thieves;
};
