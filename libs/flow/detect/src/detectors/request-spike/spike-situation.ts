import type { CallerSlab } from '../../windows/caller-slab.ts';
import { BUCKET_MS, RING_BUCKETS, WINDOW_BUCKETS } from '../../windows/time.ts';
import type { RequestSpikeSettings } from './request-spike.settings.ts';

const MINUTE_BUCKETS = 6;
const QUARTER_OF_AN_HOUR_MS = 900_000;
const SCHEDULED_WITHIN_MS = 20_000;

export interface RecentPast {
  /** Busiest five minutes that ended before the window began. */
  readonly max: number;
  readonly maxMinute: number;
  /** Of the time that no baseline holds yet, from block `foldedThrough` until the window began. */
  readonly requests: number;
  readonly activeMinutes: number;
}

/** The caller's own past that is still in its ring, without this window and without attacks. */
export const recentPast = (slab: CallerSlab, slot: number, head: number, foldedThrough: number): RecentPast => {
  const windowStart = head - WINDOW_BUCKETS + 1;
  const ringStart = head - RING_BUCKETS + 1;
  const counts: number[] = [];
  for (let b = ringStart; b < windowStart; b++) counts.push(slab.isAttack(slot, b) ? 0 : slab.at(slot, b));
  let sliding = 0;
  let minute = 0;
  let max = 0;
  let maxMinute = 0;
  let requests = 0;
  let activeMinutes = 0;
  let active = false;
  counts.forEach((n, i) => {
    sliding += n - (counts[i - WINDOW_BUCKETS] ?? 0);
    minute += n - (counts[i - MINUTE_BUCKETS] ?? 0);
    max = Math.max(max, sliding);
    maxMinute = Math.max(maxMinute, minute);
    const bucket = ringStart + i;
    if (bucket < foldedThrough * WINDOW_BUCKETS) return;
    requests += n;
    active ||= n > 0;
    if (bucket % MINUTE_BUCKETS === MINUTE_BUCKETS - 1 || i === counts.length - 1) {
      if (active) activeMinutes++;
      active = false;
    }
  });
  return { max, maxMinute, requests, activeMinutes };
};

/** Where the burst in the window began: its first bucket with a quarter of its busiest one. */
export const onsetBucket = (slab: CallerSlab, slot: number, head: number): number => {
  let busiest = 0;
  for (let b = head - WINDOW_BUCKETS + 1; b <= head; b++) busiest = Math.max(busiest, slab.at(slot, b));
  for (let b = head - WINDOW_BUCKETS + 1; b <= head; b++) if (slab.at(slot, b) * 4 >= busiest) return b;
  return head;
};

/** Jobs start by the clock. */
export const scheduledOnset = (onset: number): boolean =>
  (onset * BUCKET_MS) % QUARTER_OF_AN_HOUR_MS < SCHEDULED_WITHIN_MS;

const MIN_BUSY = 10;
const MAX_SURGE = 10;
const MAX_LOOKED_AT = 50_000;

/** The surge of now or of any time within the window: what it brought is still being counted. */
export const surgeOf = (slab: CallerSlab, slot: number, head: number, s: RequestSpikeSettings): number => {
  let surge = 1;
  for (let back = 0; back <= WINDOW_BUCKETS; back += MINUTE_BUCKETS)
    surge = Math.max(surge, surgeAt(slab, slot, head - back, s));
  return surge;
};

/** The ring of this caller no longer reaches what would be compared: it is far ahead of the one that is looked at (a lane being rebuilt). */
const isBeyond = (slab: CallerSlab, other: number, head: number): boolean =>
  (slab.head[other] ?? 0) - RING_BUCKETS >= head - 2 * WINDOW_BUCKETS;

/**
 * How much the estate rose: 1, unless many of the other busy callers (of all kinds that share the group) rose together. Compares their
 * last 2 minutes with the 5 minutes that ended 5 minutes ago, per minute.
 */
const surgeAt = (slab: CallerSlab, slot: number, head: number, s: RequestSpikeSettings): number => {
  const rises: number[] = [];
  let busy = 0;
  let looked = 0;
  for (const other of slab.recent(slab.group[slot] ?? 0, head - 2 * MINUTE_BUCKETS)) {
    if (++looked > MAX_LOOKED_AT) break;
    if (other === slot || isBeyond(slab, other, head)) continue;
    const now = slab.sum(other, head - 2 * MINUTE_BUCKETS + 1, head) / 2;
    const before = slab.sum(other, head - 2 * WINDOW_BUCKETS + 1, head - WINDOW_BUCKETS) / 5;
    if (now * 2 < MIN_BUSY && before * 5 < MIN_BUSY) continue;
    busy++;
    if (before > 0 && now >= s.surgeRatio * before && now * 2 >= MIN_BUSY) rises.push(now / before);
  }
  if (rises.length < s.surgeCallers || rises.length < s.surgeShare * busy) return 1;
  rises.sort((a, b) => a - b);
  return Math.min(MAX_SURGE, Math.max(1, 1.5 * (rises[Math.floor(rises.length / 2)] ?? 1)));
};
