import { BoundedMap } from '../../windows/bounded-map.ts';
import type { CallerSlab } from '../../windows/caller-slab.ts';
import type { RequestSpikeSettings } from './request-spike.settings.ts';

const MAX_TUNED = 20_000;
const UINT32 = 0xffff_ffff;

interface Trigger {
  readonly window: number;
  readonly fast: number;
  readonly untilBucket: number;
}

/**
 * What a caller's window must reach before the next full look, until that expires. By settings: a caller may go to services that are tuned
 * apart. Those of the process's own settings stand in the slab.
 */
export class LookTriggers {
  readonly #tuned = new WeakMap<RequestSpikeSettings, BoundedMap<Trigger>>();

  constructor(
    private readonly slab: CallerSlab,
    private readonly base: RequestSpikeSettings,
  ) {}

  isReached(slot: number, key: string, settings: RequestSpikeSettings, sum: number): boolean {
    const { slab } = this;
    const head = slab.head[slot] ?? 0;
    const own = settings === this.base ? undefined : (this.#tuned.get(settings)?.peek(key) ?? NONE);
    if (head >= (own?.untilBucket ?? slab.triggerUntil[slot] ?? 0)) return true;
    return (
      sum >= (own?.window ?? slab.trigger[slot] ?? 0) ||
      slab.sum(slot, head - 2, head) >= (own?.fast ?? slab.fastTrigger[slot] ?? 0)
    );
  }

  /** `window` and `fast`: requests in five minutes and in 30 s. */
  set(
    slot: number,
    key: string,
    settings: RequestSpikeSettings,
    window: number,
    fast: number,
    untilBucket: number,
  ): void {
    const { slab } = this;
    if (settings === this.base) {
      slab.trigger[slot] = Math.min(UINT32, Math.ceil(window));
      slab.fastTrigger[slot] = Math.min(UINT32, Math.ceil(fast));
      slab.triggerUntil[slot] = untilBucket;
      return;
    }
    let tuned = this.#tuned.get(settings);
    if (!tuned) this.#tuned.set(settings, (tuned = new BoundedMap(MAX_TUNED)));
    tuned.set(key, { window, fast, untilBucket }, slab.lane[slot]);
  }
}

const NONE: Trigger = { window: 0, fast: 0, untilBucket: Number.NEGATIVE_INFINITY };
