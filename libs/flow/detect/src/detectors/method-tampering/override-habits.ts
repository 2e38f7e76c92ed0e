import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS } from '../../windows/time.ts';

const MAX_SERVICES = 5_000;
const MAX_CALLERS = 8;
/** So many callers make it a custom of the service. */
const CUSTOM = 3;

interface Habit {
  readonly firstAt: number;
  readonly callers: Set<number>;
}

/** Which services are asked for other methods by header as a matter of course: by several callers, or for more than a day. */
export class OverrideHabits {
  readonly #services = new BoundedMap<Habit>(MAX_SERVICES);

  of(event: ApiEvent, at: number, callerKey: string): 'usual' | 'unusual' {
    const habit = this.#services.getOrMake(`${event.tenant}|${event.serviceId}`, () => ({
      firstAt: at,
      callers: new Set(),
    }));
    if (habit.callers.size < MAX_CALLERS) habit.callers.add(hash32(callerKey));
    return habit.callers.size >= CUSTOM || at - habit.firstAt > DAY_MS ? 'usual' : 'unusual';
  }
}
