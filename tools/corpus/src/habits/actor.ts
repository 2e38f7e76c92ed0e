import type { Call, Client, Consumer } from '../call.ts';
import type { Mood } from '../mood.ts';
import type { Random } from '../random.ts';
import type { Span } from '../time.ts';
import { idOf, type Resource, type Route, type World } from '../world/world.ts';

/** What every generator of an estate knows. */
export interface Setting {
  readonly world: World;
  readonly mood: Mood;
  readonly span: Span;
  readonly seed: number;
  /** Multiplies everybody's requests. */
  readonly scale: number;
}

export const HABITS = ['human', 'spa', 'mobile', 'partner', 'reader', 'poller', 'hourly', 'quarterly', 'nightly', 'weekly', 'monthly', 'integrator', 'admin', 'walker', 'mover'] as const; // prettier-ignore
export type HabitName = (typeof HABITS)[number];

/** One consumer and what attackers of it need to know. */
export interface Actor {
  readonly consumer: Consumer;
  readonly habit: HabitName;
  readonly resources: readonly Resource[];
  /** Its requests in its busiest five minutes, about. */
  peak: number;
  readonly active: Span;
  /** Its clients; the first is the usual one. */
  readonly clients: readonly Client[];
  /** Country of its network. */
  readonly country: string;
  /** Its own objects of a collection, by number. */
  own(resource: Resource, k: number): string;
  clientAt(random: Random, at: number): Client;
  calls(): Iterable<Call>;
}

/** What a call asks for. */
export interface Target {
  readonly route: Route;
  readonly method?: string;
  readonly path: string;
  readonly query?: string | undefined;
  readonly bytes: number;
  readonly latencyMs: number;
  readonly requestBytes?: number;
  readonly status?: number;
}

/** The usual answer: mostly fine, as real traffic is. */
export const ask = (
  random: Random,
  at: number,
  client: Client,
  consumer: Consumer | undefined,
  target: Target,
  status = target.status ?? everydayStatus(random, target.method ?? 'GET'),
): Call => ({
  at,
  client,
  consumer: target.route.auth ? consumer : undefined,
  route: target.route,
  method: target.method ?? 'GET',
  path: target.path,
  ...(target.query === undefined ? {} : { query: target.query }),
  status,
  bytes: status >= 400 ? random.around(420, 0.2) : status === 304 ? 260 : random.around(target.bytes, 0.25) + 300,
  latencyMs: random.around(target.latencyMs, 0.4),
  ...(target.requestBytes === undefined ? {} : { requestBytes: target.requestBytes }),
});

const everydayStatus = (random: Random, method: string): number => {
  const roll = random.next();
  if (roll < 0.004) return 404;
  if (roll < 0.008) return method === 'GET' ? 400 : 422;
  if (roll < 0.0095) return 500;
  if (roll < 0.0105) return 409;
  if (roll < 0.011) return 499;
  if (method === 'GET') return roll > 0.97 ? 304 : 200;
  return method === 'POST' ? 201 : method === 'DELETE' ? 204 : 200;
};

export const list = (world: World, resource: Resource, page: number, extra = ''): Target => ({
  route: resource.route,
  path: resource.base,
  query: `${world.pageParameter}=${world.pageParameter === 'offset' ? page * 50 : page}${extra}`,
  bytes: resource.listBytes,
  latencyMs: resource.latencyMs * 1.8,
});

export const detail = (world: World, resource: Resource, n: number, sub?: string): Target =>
  one(resource, idOf(world, resource, n), sub);

export const one = (resource: Resource, id: string, sub?: string): Target => ({
  route: resource.route,
  path: `${resource.base}/${id}${sub === undefined ? '' : `/${sub}`}`,
  bytes: sub === undefined ? resource.itemBytes : resource.itemBytes * 0.7,
  latencyMs: resource.latencyMs,
});

export const write = (target: Target, method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', requestBytes = 600): Target => ({
  ...target,
  method,
  query: undefined,
  requestBytes,
  bytes: target.bytes * 0.3,
  latencyMs: target.latencyMs * 1.6,
});

/** Times of a Poisson process whose rate is `perSecond` times the demand, by thinning. */
export function* moments(
  random: Random,
  span: Span,
  perSecond: number,
  demand: (at: number) => number,
  max = 5,
): Generator<number> {
  for (let at = span.from; ;) {
    at += random.wait(perSecond * max) * 1000;
    if (at >= span.to) return;
    if (random.next() * max < demand(at)) yield at;
  }
}
