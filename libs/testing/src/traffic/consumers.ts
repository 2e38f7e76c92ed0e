import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { NO_SIGNALS } from '@outrider/domain/traffic/testing';
import type { Actor } from './estate.ts';
import { Random, seedOf } from './random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Things that befall the whole estate. */
export interface Weather {
  /** The upstream of a service answers 503 and clients try again. */
  readonly outages?: readonly { readonly from: number; readonly to: number; readonly service: string }[];
  /** Everybody comes at once. */
  readonly surges?: readonly { readonly from: number; readonly to: number; readonly factor: number }[];
}

export interface CallerStyle {
  readonly name: string;
  /** Undefined for anonymous traffic from `ips`. */
  readonly consumer: boolean;
  readonly ips: readonly string[];
  readonly services: readonly string[];
  readonly weather?: Weather;
}

const PATHS = ['/orders/{id}', '/orders', '/products', '/products/{id}', '/customers/{id}', '/cart', '/search'];

export const uuidOf = (name: string): string => {
  const hex = new Random(seedOf(7, name)).hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** One ordinary request of a caller at `at`. */
export const request = (
  style: CallerStyle,
  at: number,
  random: Random,
  overrides: Partial<ApiEvent> = {},
): ApiEvent => {
  const service = random.pick(style.services);
  const template = random.pick(PATHS);
  const roll = random.next();
  const out = style.weather?.outages?.some((o) => o.service === service && at >= o.from && at < o.to) ?? false;
  const status =
    out && roll < 0.9 ? 503 : roll < 0.96 ? 200 : roll < 0.975 ? 404 : roll < 0.988 ? 400 : roll < 0.993 ? 500 : 201;
  return {
    tenant: 'default',
    gateway: 'default',
    id: random.hex(32),
    hasRequestId: true,
    kind: 'http',
    startedAt: at,
    receivedAt: at + 30,
    consumerId: style.consumer ? uuidOf(style.name) : '',
    consumerName: style.consumer ? style.name : '',
    consumerCustomId: '',
    consumerTags: [],
    credentialId: style.consumer ? uuidOf(`${style.name}-key`) : '',
    credentialFingerprint: style.consumer ? uuidOf(`${style.name}-key`).slice(0, 8) : '',
    clientIp: random.pick(style.ips),
    method: 'GET',
    host: 'api.example.com',
    path: template.replace('{id}', String(random.integer(1, 5000))),
    pathTemplate: template,
    query: '',
    status,
    answeredBy: 'upstream',
    refusal: '',
    requestBytes: 400,
    responseBytes: 1500,
    latencyTotalMs: 20,
    latencyKongMs: 2,
    latencyUpstreamMs: 15,
    tries: 1,
    serviceId: uuidOf(service),
    serviceName: service,
    routeId: uuidOf(`${service}-route`),
    routeName: service,
    userAgent: 'client/1.0',
    requestContentType: '',
    responseContentType: 'application/json',
    tlsVersion: '',
    ...NO_SIGNALS,
    ...overrides,
  };
};

const scatter = (style: CallerStyle, minute: number, n: number, random: Random): ApiEvent[] =>
  Array.from({ length: n }, () => request(style, minute + Math.floor(random.next() * MINUTE_MS), random));

/** How much more than usual everything is, retries of an outage included. */
const weatherFactor = (style: CallerStyle, minute: number): number => {
  const surge = style.weather?.surges?.find((s) => minute >= s.from && minute < s.to)?.factor ?? 1;
  const outage = style.weather?.outages?.some(
    (o) => minute >= o.from && minute < o.to && style.services.includes(o.service),
  );
  return surge * (outage ? 3 : 1);
};

const hourOf = (at: number): number => (at % DAY_MS) / HOUR_MS;
const isWeekend = (at: number): boolean => [0, 6].includes(new Date(at).getUTCDay());
/** A working day: near nothing at night, two humps. */
const dayCurve = (hour: number): number =>
  0.04 +
  0.9 * Math.exp(-(((hour - 10.5) / 2.4) ** 2)) +
  0.85 * Math.exp(-(((hour - 15.5) / 2.6) ** 2)) +
  0.12 * Math.exp(-(((hour - 20.5) / 1.8) ** 2));

/** People behind it: day, night, weekend, and sessions that make minutes uneven. `peak` in requests a minute. */
export const human = (style: CallerStyle, peak: number): Actor => ({
  name: style.name,
  minute: (minute, random) => {
    const rate = peak * dayCurve(hourOf(minute)) * (isWeekend(minute) ? 0.25 : 1) * weatherFactor(style, minute);
    const session = new Random(seedOf(3, style.name, Math.floor(minute / (3 * MINUTE_MS)))).gamma(2.5);
    return scatter(style, minute, random.poisson(rate * session), random);
  },
});

/** A machine that asks every `everySeconds`, with some jitter. */
export const poller = (style: CallerStyle, everySeconds: number): Actor => ({
  name: style.name,
  minute: (minute, random) => {
    const events: ApiEvent[] = [];
    const step = everySeconds * 1000;
    for (let at = Math.ceil(minute / step) * step; at < minute + MINUTE_MS; at += step)
      for (let i = 0; i < Math.max(1, Math.round(weatherFactor(style, minute))); i++)
        events.push(request(style, Math.min(minute + MINUTE_MS - 1, at + random.integer(0, 300)), random));
    return events;
  },
});

export interface Schedule {
  readonly everyMs: number;
  /** Into the period, e.g. 2 h for 02:00 of a daily job. Monday 00:00 begins a week. */
  readonly offsetMs: number;
}

/** A job that sends `requests` (± 20 %) within `withinSeconds` from its hour on, and nothing between. */
export const cron = (style: CallerStyle, schedule: Schedule, requests: number, withinSeconds: number): Actor => ({
  name: style.name,
  minute: (minute, random) => {
    const start =
      Math.floor((minute - MONDAY - schedule.offsetMs) / schedule.everyMs) * schedule.everyMs +
      schedule.offsetMs +
      MONDAY;
    const end = start + withinSeconds * 1000;
    if (minute >= end || minute + MINUTE_MS <= start) return [];
    const total = Math.round(requests * new Random(seedOf(5, style.name, start)).between(0.8, 1.2));
    const overlap = Math.min(end, minute + MINUTE_MS) - Math.max(start, minute);
    const from = Math.max(start, minute);
    return Array.from({ length: Math.round((total * overlap) / (end - start)) }, () =>
      request(style, from + Math.floor(random.next() * overlap), random),
    );
  },
});
/** 1970-01-05 was the first Monday. */
const MONDAY = 4 * DAY_MS;

/** Several habits of one caller. */
export const together = (name: string, ...actors: readonly Actor[]): Actor => ({
  name,
  minute: (minute, random) => actors.flatMap((actor) => actor.minute(minute, random)),
});

/** An actor that exists only within [from, to). */
export const during = (actor: Actor, from: number, to: number): Actor => ({
  name: actor.name,
  minute: (minute, random) =>
    minute + MINUTE_MS <= from || minute >= to
      ? []
      : actor.minute(minute, random).filter((e) => e.startedAt >= from && e.startedAt < to),
});

/** Refused by key-auth: `fingerprint` is what was presented. */
export const refused = (event: ApiEvent, fingerprint: string): ApiEvent => ({
  ...event,
  consumerId: '',
  consumerName: '',
  credentialId: '',
  credentialFingerprint: fingerprint,
  status: 401,
  answeredBy: 'kong',
  refusal: 'unauthenticated',
  tries: 0,
  latencyUpstreamMs: -1,
});

/** Devices of one address whose key has ended: the same few keys again and again. */
export const staleFleet = (style: CallerStyle, perMinute: number, keys: number): Actor => ({
  name: style.name,
  minute: (minute, random) =>
    scatter(style, minute, random.poisson(perMinute), random).map((event) =>
      refused(event, uuidOf(`${style.name}-${random.integer(1, keys)}`).slice(0, 8)),
    ),
});
