import type { Call, Caller } from './call.ts';
import type { Random } from '../random.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RESOURCES = ['orders', 'customers', 'products', 'invoices', 'stock', 'shipments', 'prices', 'reviews'];

/** 0 … 1 over the day and week (UTC): nights are quiet, weekends half. */
const daylight = (at: number, weekend: number): number => {
  const hour = (at % DAY) / HOUR;
  const day = Math.floor(at / DAY + 4) % 7; // 1970-01-01 was a Thursday
  const curve = Math.max(0.04, Math.sin(((hour - 6) / 14) * Math.PI));
  return (hour < 6 || hour > 20 ? 0.04 : curve) * (day === 0 || day === 6 ? weekend : 1);
};

const BACKGROUND: readonly [number, number][] = [
  [0.965, 200],
  [0.98, 201],
  [0.988, 404],
  [0.994, 400],
  [0.998, 304],
  [1, 500],
];

/** An everyday call to the API: mostly fine, as real traffic is. */
export const everyday = (
  random: Random,
  caller: Caller,
  address: string,
  at: number,
  resources: readonly string[],
): Call => {
  const resource = random.pick(resources);
  const roll = random.next();
  const status = BACKGROUND.find(([limit]) => roll <= limit)?.[1] ?? 200;
  const single = random.chance(0.6);
  return {
    at,
    caller,
    address,
    method: status === 201 ? 'POST' : 'GET',
    path: `/api/${resource}${single ? `/${random.integer(1, 20_000)}` : ''}`,
    ...(single ? {} : { query: { page: String(random.integer(1, 9)) } }),
    status,
    route: 'api',
    bytes: random.around(1800, 0.8),
    latencyMs: random.around(24, 0.7),
  };
};

const resourcesOf = (random: Random): string[] => {
  const first = random.integer(0, RESOURCES.length - 3);
  return RESOURCES.slice(first, first + random.integer(2, 4));
};

export type Habit = (random: Random, caller: Caller, addresses: readonly string[], span: Span) => Call[];

/** Sessions of a person: a burst of clicks, then nothing. */
export const human: Habit = (random, caller, addresses, span) => {
  const calls: Call[] = [];
  const resources = resourcesOf(random);
  const sessionsADay = random.between(4, 30);
  for (let at = span.from; at < span.to; at += random.wait(sessionsADay / 86_400) * 1000) {
    if (!random.chance(daylight(at, 0.3))) continue;
    const address = random.pick(addresses);
    let t = at;
    for (let i = random.integer(3, 40); i > 0 && t < span.to; i--) {
      calls.push(everyday(random, caller, address, t, resources));
      t += random.around(4000, 1.1);
    }
  }
  return calls;
};

/** A back end that carries many users: a steady stream with the day's curve. */
const stream =
  (rate: number, weekend: number): Habit =>
  (random, caller, addresses, span) => {
    const calls: Call[] = [];
    const resources = resourcesOf(random);
    let mood = 1;
    let moodUntil = 0;
    for (let at = span.from; at < span.to;) {
      if (at > moodUntil) {
        mood = random.around(1, 0.35);
        moodUntil = at + random.between(120_000, 1_200_000);
      }
      at += random.wait(Math.max(0.002, rate * mood * daylight(at, weekend))) * 1000;
      if (at < span.to) calls.push(everyday(random, caller, random.pick(addresses), at, resources));
    }
    return calls;
  };
export const mobile: Habit = (random, ...rest) => stream(random.between(0.15, 0.6), 0.9)(random, ...rest);
export const partner: Habit = (random, ...rest) => stream(random.between(0.03, 0.25), 0.1)(random, ...rest);

/** Every n seconds, day and night. */
export const poller: Habit = (random, caller, addresses, span) => {
  const calls: Call[] = [];
  const every = random.pick([10, 15, 30, 60]) * 1000;
  for (let at = span.from + random.between(0, every); at < span.to; at += every + random.between(-40, 40))
    calls.push({
      ...everyday(random, caller, random.pick(addresses), at, ['orders']),
      path: '/api/orders',
      status: 200,
    });
  return calls;
};

const burst =
  (periodMs: number, offsetMs: number, low: number, high: number): Habit =>
  (random, caller, addresses, span) => {
    const calls: Call[] = [];
    const resources = resourcesOf(random);
    const size = random.between(low, high);
    for (let start = Math.ceil(span.from / periodMs) * periodMs + offsetMs; start < span.to; start += periodMs) {
      let at = start + random.between(0, 20_000);
      const pause = random.between(40, 400);
      for (let i = Math.round(random.around(size, 0.15)); i > 0 && at < span.to; i--) {
        calls.push(everyday(random, caller, random.pick(addresses), at, resources));
        at += random.around(pause, 0.4);
      }
    }
    return calls;
  };
/** A job at the same minute of every hour. */
export const hourly: Habit = (random, ...rest) =>
  burst(HOUR, random.integer(0, 50) * 60_000, 150, 900)(random, ...rest);
/** A job every night. */
export const nightly: Habit = (random, ...rest) => burst(DAY, random.integer(1, 5) * HOUR, 500, 4000)(random, ...rest);
/** A batch once a week. */
export const weekly: Habit = (random, ...rest) =>
  burst(7 * DAY, random.integer(8, 100) * HOUR, 2000, 8000)(random, ...rest);
