import type { Call } from './call.ts';
import { Heap } from './merge.ts';
import type { Mood } from './mood.ts';
import type { Random } from './random.ts';
import { MINUTE, SECOND } from './time.ts';
import type { Service, World } from './world/world.ts';

/** rate-limiting as Kong does it: fixed minutes, by consumer, and by address where it knows none, on the limited routes. */
export function* limited(world: World, calls: Iterable<Call>): Generator<Call> {
  const counts = new Map<string, number>();
  let minute = 0;
  for (const call of calls) {
    const { route, consumer } = call;
    const who = world.keyless ? call.client.address : consumer?.id;
    if (world.limitPerMinute === 0 || route?.limited !== true || who === undefined || call.byKong === true) {
      yield call;
      continue;
    }
    const now = Math.floor(call.at / MINUTE);
    if (now !== minute) {
      minute = now;
      counts.clear();
    }
    const count = (counts.get(who) ?? 0) + 1;
    counts.set(who, count);
    const limit = world.limitPerMinute;
    const rate = { limit, remaining: Math.max(0, limit - count), reset: 60 - Math.floor((call.at % MINUTE) / SECOND) };
    yield count > limit ? { ...call, rate, status: 429, byKong: true, bytes: 410, latencyMs: 1 } : { ...call, rate };
  }
}

/** One service is out: 502, 503 and 504, and clients that try again, as fast as their patience. */
export function* outage(mood: Mood, random: Random, service: Service, calls: Iterable<Call>): Generator<Call> {
  const { outage: span } = mood;
  const deploys = mood.events.has('deploy');
  if (span === undefined && !deploys) {
    yield* calls;
    return;
  }
  const retries = new Heap<Call & { was: number }>((call) => call.at);
  const failing = (call: Call): Call => {
    if (call.route?.service.id !== service.id || call.byKong === true) return call;
    // before it breaks it is slow, for everybody
    if (span !== undefined && call.at > span.from - 12 * MINUTE && call.at < span.from)
      return { ...call, latencyMs: call.latencyMs * 7 };
    if (span !== undefined && call.at >= span.from && call.at <= span.to) return failed(call, random);
    return deploys && mood.deploying(call.at) && random.chance(0.6) ? { ...call, status: 503, bytes: 480 } : call;
  };
  const again = (call: Call, was: number): void => {
    const attempt = call.patience ?? 3;
    if (attempt <= 0 || call.status < 502) return;
    const wait = [4, 2, 1][attempt - 1] ?? 1;
    if (random.chance(0.8))
      retries.push({ ...call, was, at: call.at + wait * SECOND + random.between(0, 400), patience: attempt - 1 });
  };
  for (const call of calls) {
    for (let due = retries.peek(); due !== undefined && due.at <= call.at; due = retries.peek()) {
      retries.pop();
      const made = failing({ ...due, status: due.was, byKong: false });
      again(made, due.was);
      yield made;
    }
    const made = failing(call);
    if (made.status !== call.status) again(made, call.status);
    yield made;
  }
}

const failed = (call: Call, random: Random): Call => {
  if (random.chance(0.08)) return call;
  const status = random.pick([503, 503, 502, 504]);
  return {
    ...call,
    status,
    byKong: status !== 503,
    bytes: 480,
    latencyMs: status === 504 ? 60_000 : random.around(900, 0.5),
  };
};
