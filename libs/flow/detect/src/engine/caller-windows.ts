import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { ALL_TIME, type TeachingTimes } from '../baseline/teaching-time.ts';
import { CallerSlab } from '../windows/caller-slab.ts';
import { bucketOf } from '../windows/time.ts';
import { groupNameOf } from './caller-key.ts';
import { PeerGroups } from './peer-groups.ts';
import type { Lookout } from './watcher.ts';

/** Short windows of all callers, and how busy those of one kind ever were. */
export class CallerWindows {
  readonly slab: CallerSlab;
  readonly peers = new PeerGroups();

  constructor(
    maxCallers: number,
    private readonly teaching: TeachingTimes = ALL_TIME,
  ) {
    this.slab = new CallerSlab(maxCallers, (slot) => this.#leave(slot));
  }

  /** Counts the event into its caller's windows; gives the caller's slot. */
  count(event: ApiEvent, key: string, bucket: number, lane: number, lookouts: readonly Lookout[]): number {
    const { slab } = this;
    const known = slab.find(key);
    if (known !== undefined) {
      const said = this.teaching.ofCaller(key);
      if (said !== undefined) this.#restart(known, said.from, bucket);
      const head = slab.head[known] ?? 0;
      if (bucket > head) {
        this.#updateBusiest(known, head);
        for (const lookout of lookouts) lookout.beforeAdvance(known, key, head, bucket, event);
      }
    }
    const slot = slab.touch(key, bucket, known === undefined ? this.peers.idOf(groupNameOf(event)) : 0, lane);
    slab.count(slot, bucket);
    return slot;
  }

  /** A reset: the caller's life begins anew with the first request after it. */
  #restart(slot: number, from: number, bucket: number): void {
    if (from === Number.NEGATIVE_INFINITY || bucket < bucketOf(from)) return;
    if ((this.slab.firstBucket[slot] ?? 0) >= bucketOf(from)) return;
    this.#leave(slot);
    this.slab.restart(slot, bucketOf(from));
  }

  #updateBusiest(slot: number, head: number): void {
    const { slab } = this;
    const sum = slab.windowSum[slot] ?? 0;
    const busiest = slab.busiest[slot] ?? 0;
    if (sum <= busiest || slab.isAttack(slot, head)) return;
    this.peers.move(slab.group[slot] ?? 0, busiest, sum);
    slab.busiest[slot] = sum;
  }

  #leave(slot: number): void {
    this.peers.move(this.slab.group[slot] ?? 0, this.slab.busiest[slot] ?? 0, 0);
  }
}
