import { aPolicy } from '@outrider/domain/response/testing';
import { FakePolicyStore } from '@outrider/testing/fakes/response-store.fake';
import { RulesCache } from './rules-cache.ts';

const setUp = () => {
  const clock = { at: 0, now: () => clock.at };
  const store = new FakePolicyStore();
  const reads = { count: 0, failing: false };
  const list = store.list.bind(store);
  store.list = async (tenant) => {
    reads.count++;
    if (reads.failing) throw new Error('away');
    return list(tenant);
  };
  return { clock, store, reads, cache: new RulesCache(store, clock) };
};

test('a burst of alerts reads the policies once, and a change holds within a second', async () => {
  const { clock, store, reads, cache } = setUp();
  await Promise.all([1, 2, 3].map(() => cache.get('default')));
  expect(reads.count).toBe(1);
  const policy = aPolicy();
  store.policies.set(policy.id, policy);
  clock.at = 999;
  expect((await cache.get('default')).policies).toEqual([]);
  clock.at = 1_000;
  expect((await cache.get('default')).policies).toEqual([policy]);
});

test('a failed read is tried again at once', async () => {
  const { reads, cache } = setUp();
  reads.failing = true;
  await expect(cache.get('default')).rejects.toThrow('away');
  reads.failing = false;
  expect((await cache.get('default')).policies).toEqual([]);
});

test('tenants do not see the policies of others, and their number does not grow the memory', async () => {
  const { store, cache, reads } = setUp();
  const policy = aPolicy({ tenant: 'a' });
  store.policies.set(policy.id, policy);
  expect((await cache.get('a')).policies).toEqual([policy]);
  expect((await cache.get('b')).policies).toEqual([]);
  for (let i = 0; i < 1_000; i++) await cache.get(`t${i}`);
  const before = reads.count;
  await cache.get('a');
  expect(reads.count).toBe(before + 1);
});
