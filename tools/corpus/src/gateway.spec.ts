import { describe, expect, test } from '@jest/globals';
import type { Call } from './call.ts';
import { limited } from './gateway.ts';
import { Random } from './random.ts';
import { tool } from './world/clients.ts';
import { worldOf } from './world/world.ts';

const world = { ...worldOf(new Random(1), 1, false), limitPerMinute: 3 };
const consumer = {
  id: 'c',
  username: 'c',
  customId: undefined,
  tags: [],
  credential: 'k',
  key: 'k',
  scheme: 'key' as const,
};
const call = (at: number, changes: Partial<Call> = {}): Call => ({
  at,
  client: tool('81.1.2.3', 'curl/8'),
  consumer,
  route: world.routes.core,
  method: 'GET',
  path: '/',
  status: 200,
  bytes: 10,
  latencyMs: 1,
  ...changes,
});
const statuses = (calls: readonly Call[]): number[] => [...limited(world, calls)].map((one) => one.status);

describe('rate-limiting', () => {
  test('lets the limit pass in each fixed minute and refuses the rest by Kong itself', () => {
    expect(statuses([0, 1, 2, 3, 60_000].map((at) => call(at)))).toEqual([200, 200, 200, 429, 200]);
    expect([...limited(world, [0, 1, 2, 3].map((at) => call(at)))].at(-1)).toMatchObject({ byKong: true, rate: { limit: 3, remaining: 0 } }); // prettier-ignore
  });

  test('counts each consumer by itself, and only where it stands', () => {
    const other = { ...consumer, id: 'd' };
    expect(statuses([0, 1, 2, 3].map((at, i) => call(at, i % 2 === 0 ? {} : { consumer: other })))).toEqual([200, 200, 200, 200]); // prettier-ignore
    expect(statuses([0, 1, 2, 3].map((at) => call(at, { route: world.routes.admin })))).toEqual([200, 200, 200, 200]);
  });

  test('counts addresses where Kong knows no consumers', () => {
    const calls = [0, 1, 2, 3, 4].map((at) => call(at, at === 2 ? { client: tool('81.9.9.9', 'curl/8') } : {}));
    expect([...limited({ ...world, keyless: true }, calls)].map((one) => one.status)).toEqual([
      200, 200, 200, 200, 429,
    ]);
  });
});
