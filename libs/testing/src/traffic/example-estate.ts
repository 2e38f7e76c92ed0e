import { cron, during, human, poller, staleFleet, together, type CallerStyle, type Weather } from './consumers.ts';
import { Estate, type Actor } from './estate.ts';
import { Random } from './random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

export interface EstateOptions {
  readonly seed: number;
  readonly from: number;
  readonly durationMs: number;
  readonly consumers: number;
  /** Multiplies every rate, so that long spans stay small. */
  readonly scale: number;
}

export interface ExampleEstate {
  readonly estate: Estate;
  /** Those an attack can be planted on. */
  readonly styles: readonly { readonly style: CallerStyle; readonly kind: string; readonly busiestMinute: number }[];
}

/** An ordinary API's callers: people, pollers, jobs by the hour, day and week, partners, a mobile app, an office, a newcomer, bad luck. */
export const exampleEstate = (
  options: EstateOptions,
  planted: (base: ExampleEstate) => readonly Actor[] = () => [],
): ExampleEstate => {
  const { seed, from, durationMs, consumers, scale } = options;
  const random = new Random(seed);
  const to = from + durationMs;
  const weather: Weather = {
    outages: [
      {
        from: from + durationMs * 0.3,
        to: from + durationMs * 0.3 + Math.min(10 * MINUTE_MS, durationMs / 8),
        service: 'catalogue',
      },
    ],
    surges: [
      {
        from: from + durationMs * 0.5,
        to: from + durationMs * 0.5 + Math.min(20 * MINUTE_MS, durationMs / 8),
        factor: 3,
      },
    ],
  };
  const styles: { style: CallerStyle; kind: string; busiestMinute: number }[] = [];
  const actors: Actor[] = [];
  const style = (name: string, services: readonly string[], ips: number): CallerStyle => ({
    name,
    consumer: true,
    ips: Array.from({ length: ips }, () => `198.51.${random.integer(0, 99)}.${random.integer(1, 254)}`),
    services,
    weather,
  });
  for (let i = 0; i < consumers; i++) {
    const roll = i % 20;
    const one = style(
      `consumer-${i}`,
      random.pick([['orders'], ['catalogue'], ['orders', 'catalogue']]),
      roll < 11 ? random.integer(1, 3) : 1,
    );
    if (roll < 11) {
      const peak = random.between(5, 60) * scale;
      actors.push(human(one, peak));
      styles.push({ style: one, kind: 'human', busiestMinute: peak });
    } else if (roll < 15) {
      const every = random.pick([1, 2, 5, 10, 30]) / scale;
      actors.push(poller(one, every));
      styles.push({ style: one, kind: 'poller', busiestMinute: 60 / every });
    } else if (roll < 19) {
      const requests = random.between(100, 900) * Math.sqrt(scale);
      const schedule = random.pick([
        { everyMs: 15 * MINUTE_MS, offsetMs: 0 },
        { everyMs: HOUR_MS, offsetMs: 0 },
        { everyMs: DAY_MS, offsetMs: random.integer(0, 5) * HOUR_MS },
        { everyMs: WEEK_MS, offsetMs: 6 * DAY_MS + 3 * HOUR_MS },
      ]);
      actors.push(cron(one, schedule, requests, random.integer(30, 240)));
      styles.push({ style: one, kind: 'cron', busiestMinute: requests });
    } else {
      const partner = together(
        one.name,
        human(one, 20 * scale),
        cron(one, { everyMs: DAY_MS, offsetMs: 2 * HOUR_MS }, 300 * scale, 120),
      );
      actors.push(partner);
      styles.push({ style: one, kind: 'partner', busiestMinute: 150 * scale });
    }
  }
  actors.push(
    human({ name: 'office', consumer: false, ips: ['203.0.113.7'], services: ['public'], weather }, 40 * scale),
    human({ ...style('mobile-app', ['orders'], 60), weather }, 50 * scale),
    during(poller(style('newcomer', ['orders'], 1), 1 / Math.max(scale, 0.2)), from + durationMs * 0.2, to),
    during(
      cron(
        style('first-load', ['orders'], 1),
        { everyMs: WEEK_MS * 52, offsetMs: (from + durationMs * 0.55 - 4 * DAY_MS) % (WEEK_MS * 52) },
        1500,
        180,
      ),
      from,
      to,
    ),
    during(
      staleFleet({ name: 'fleet', consumer: false, ips: ['203.0.113.77'], services: ['orders'] }, 40, 3),
      from + durationMs * 0.6,
      from + durationMs * 0.65,
    ),
  );
  const base: ExampleEstate = { estate: new Estate(seed, from, to, actors), styles };
  return { estate: new Estate(seed, from, to, [...actors, ...planted(base)]), styles };
};
