import type { Call } from '../call.ts';
import { merge } from '../merge.ts';
import type { Random } from '../random.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { ask, list, moments, one, write, type Actor, type Setting } from './actor.ts';
import { iterate } from './people.ts';

/** A partner's back end: orders come in over the working day, each list followed by its details; an export at its hour. */
export function* partner(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const { world, mood } = setting;
  const aDay = random.between(25, 110) * setting.scale;
  actor.peak = Math.max(30, (aDay / 120) * 12 * 3);
  const exportAt = random.integer(4, 21) * HOUR + random.integer(0, 59) * MINUTE;
  const syncs = function* (from: number): Generator<Call> {
    let at = from;
    const client = actor.clientAt(random, from);
    const resource = random.pick(actor.resources);
    yield ask(random, at, client, actor.consumer, list(world, resource, 1, random.pick(world.filters)));
    const newest = (from / MINUTE) % 100_000;
    for (let i = random.integer(1, 12); i > 0; i--) {
      at += random.around(350, 0.6);
      const k = random.chance(0.7) ? random.integer(0, 60) : Math.floor(newest);
      yield ask(random, at, client, actor.consumer, one(resource, actor.own(resource, k), random.chance(0.3) && resource.subs.length > 0 ? random.pick(resource.subs) : undefined)); // prettier-ignore
      if (random.chance(0.08)) yield ask(random, (at += 200), client, actor.consumer, write(list(world, resource, 1), 'POST', random.around(1500, 0.4))); // prettier-ignore
    }
  };
  const exports = function* (from: number): Generator<Call> {
    const client = actor.clientAt(random, from);
    const base = world.routes.exports.paths[0] ?? '/exports';
    let at = from + random.between(0, 60 * SECOND);
    for (let i = 0; i < 3; i++) {
      yield ask(random, at, client, actor.consumer, { route: world.routes.exports, path: `${base}/${random.integer(100, 999)}/download`, bytes: random.around(4_000_000, 0.3), latencyMs: 1500 }); // prettier-ignore
      at += random.between(2000, 20_000);
    }
  };
  const both = function* (): Generator<{ at: number; open: () => Iterable<Call> }> {
    let next = mood.local.midnight(actor.active.from) + exportAt;
    for (const at of moments(random, actor.active, aDay / 36_000, (t) => mood.demand(t, 'office'))) {
      while (next < at) {
        const start = next;
        if (start > actor.active.from && mood.local.weekday(start) % 6 !== 0)
          yield { at: start, open: () => exports(start) };
        next += DAY;
      }
      yield { at, open: () => syncs(at) };
    }
  };
  yield* merge(both());
}

/** Reads its own few objects over and over, as an aggregator of accounts does. */
export function* reader(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const resource = actor.resources[0];
  if (resource === undefined) return;
  const objects = random.integer(12, 40);
  const every = random.between(1.5, 5) * HOUR;
  actor.peak = objects * 1.5;
  for (
    let start = actor.active.from + random.between(0, every);
    start < actor.active.to;
    start += every * random.between(0.8, 1.2)
  ) {
    let at = start;
    const client = actor.clientAt(random, start);
    for (let k = 0; k < objects && at < actor.active.to; k++) {
      yield ask(random, at, client, actor.consumer, one(resource, actor.own(resource, k), resource.subs[0]));
      at += random.around(700, 0.5);
    }
  }
}

/** Every n seconds, day and night. */
export function* poller(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const { world } = setting;
  const every = (random.pick([60, 60, 120, 300]) * SECOND) / Math.min(1, setting.scale);
  const resource = random.pick(actor.resources);
  actor.peak = (300 * SECOND) / every + 2;
  const jitter = every * random.pick([0.002, 0.01, 0.1]);
  for (
    let at = actor.active.from + random.between(0, every);
    at < actor.active.to;
    at += every + random.between(-jitter, jitter)
  )
    yield ask(random, at, actor.clientAt(random, at), actor.consumer, { ...list(world, resource, 1, '&since=latest') });
}

/** A job at its moment of each period; `walk` turns the pages of a collection and reads what it lists. */
const job = (periodMs: number, low: number, high: number, walk = false) =>
  function* (setting: Setting, actor: Actor, random: Random): Generator<Call> {
    const { world, mood } = setting;
    const size = random.between(low, high) * Math.max(0.3, setting.scale);
    const pause = random.between(60, 500);
    const offset = periodMs <= HOUR ? random.integer(0, 14) * MINUTE : random.integer(0, 6) * HOUR + random.integer(0, 59) * MINUTE; // prettier-ignore
    actor.peak = Math.min(size * 1.4, (300_000 / pause) * 1.2);
    const dayOfWeek = random.integer(0, 6);
    const monthly = periodMs > 7 * DAY;
    let base = mood.local.midnight(actor.active.from);
    for (; base < actor.active.to; base += monthly || periodMs === 7 * DAY ? DAY : periodMs) {
      const start = base + offset + random.between(0, 20 * SECOND);
      if (start < actor.active.from) continue;
      if (periodMs === 7 * DAY && mood.local.weekday(start) !== dayOfWeek) continue;
      if (monthly && mood.local.dayOfMonth(start) !== 1) continue;
      let at = start;
      const client = actor.clientAt(random, start);
      const resource = actor.resources[0];
      if (resource === undefined) return;
      const requests = Math.round(random.around(size, 0.12));
      for (let i = 0; i < requests && at < actor.active.to; i++) {
        const target = walk
          ? i % 6 === 0 || resource.subs.length === 0
            ? list(world, resource, 1 + Math.floor(i / 6))
            : one(resource, actor.own(resource, Math.floor(i / 6) * 5 + (i % 6)))
          : random.chance(0.15)
            ? list(world, random.pick(actor.resources), random.integer(1, 6))
            : one(resource, actor.own(resource, random.integer(0, 300)));
        yield ask(random, at, client, actor.consumer, target);
        at += random.around(pause, 0.4);
      }
    }
  };
export const quarterly = job(15 * MINUTE, 4, 20);
export const hourly = job(HOUR, 20, 80);
export const nightly = job(DAY, 300, 1500);
export const weekly = job(7 * DAY, 1000, 4000);
export const monthly = job(30 * DAY, 2000, 5000);
/** A nightly synchronisation that turns every page. */
export const walker = job(DAY, 400, 1500, true);

/** An integration platform: webhooks in bursts, at any hour. */
export function* integrator(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const { mood } = setting;
  const aDay = random.between(20, 70) * setting.scale;
  actor.peak = 60;
  const burst = function* (from: number): Generator<Call> {
    let at = from;
    const client = actor.clientAt(random, from);
    const resource = random.pick(actor.resources);
    for (let i = Math.ceil(random.around(5, 0.9)); i > 0 && i < 200; i--) {
      const target = one(resource, actor.own(resource, random.integer(0, 500)));
      yield ask(random, at, client, actor.consumer, random.chance(0.5) ? write(target, random.pick(['POST', 'PATCH'])) : target); // prettier-ignore
      at += random.around(160, 0.7);
    }
  };
  yield* merge(
    iterate(
      moments(random, actor.active, aDay / 60_000, (t) => 0.2 + 0.8 * mood.demand(t, 'people')),
      (at) => ({
        at,
        open: () => burst(at),
      }),
    ),
  );
}

/** Moves large files, both ways, as its work. */
export function* mover(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const { world, mood } = setting;
  const base = world.routes.uploads.paths[0] ?? '/files';
  actor.peak = 20;
  for (const at of moments(random, actor.active, (30 * setting.scale) / 36_000, (t) => mood.demand(t, 'office'))) {
    const up = random.chance(0.6);
    const size = random.around(6_000_000, 0.9);
    yield ask(random, at, actor.clientAt(random, at), actor.consumer, up
      ? { route: world.routes.uploads, method: 'POST', path: base, bytes: 600, latencyMs: size / 20_000, requestBytes: size }
      : { route: world.routes.uploads, path: `${base}/${random.uuid()}`, bytes: size * 2, latencyMs: size / 30_000 }); // prettier-ignore
  }
}
