import { CurrentTemplates } from '@outrider/ports/current-templates';
import { Clock } from '@outrider/ports/clock';
import type { LearnableCalls, TimeRange } from '@outrider/ports/event-store';
import { SoleLeadership } from '@outrider/ports/leadership';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { DiscoverOptions } from '../discover-options.ts';
import { EndpointLearning } from './endpoint-learning.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const scope = { tenant: 't', gateway: 'g', service: 's', host: 'h' };
const signal = new AbortController().signal;

class TestClock extends Clock {
  at = START;
  now(): number {
    return this.at;
  }
}

/** Users by name, four a minute, as ClickHouse would group them. */
const callsIn = ({ from, to }: TimeRange): LearnableCalls[] => {
  const calls: LearnableCalls[] = [];
  for (let at = Math.ceil(from / 15_000) * 15_000; at < to; at += 15_000) {
    const path = `/users/u${((at / 15_000) * 48_271).toString(36).replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;
    const times = { firstAt: at, lastAt: at };
    calls.push({ ...scope, serviceName: 'shop', method: 'GET', path, pathTemplate: path, caller: (at / 15_000) % 9, count: 1, ...times }); // prettier-ignore
  }
  return calls;
};
const events = {
  async *learnableCalls({ range }: { range: TimeRange }) {
    yield callsIn(range);
  },
};

const learnerOn = (store: FakeEndpointStore, clock: Clock) =>
  new EndpointLearning(
    {
      ...{ events, store, clock, leadership: new SoleLeadership(), metrics: new Metrics() },
      log: createLogger({ level: 'silent', pretty: false, name: 'test' }),
    },
    DiscoverOptions.parse({}),
  );

it('another leader goes on where the last save stood: no call is missed and none is counted twice', async () => {
  const clock = new TestClock();
  const store = new FakeEndpointStore();
  await learnerOn(store, clock).round(signal);
  for (let i = 1; i <= 20; i++) {
    clock.at = START + i * 60_000;
    // Each round by a new process, most of them before a save was due.
    await learnerOn(store, clock).round(signal);
  }
  const one = learnerOn(store, clock);
  clock.at = START + HOUR_MS;
  await one.round(signal);
  clock.at += 300_000;
  await one.round(signal);
  const expected = callsIn({ from: START - 10_000 - 24 * HOUR_MS, to: clock.at - 10_000 }).length;
  const [endpoint] = await store.endpoints({ tenant: 't', limit: 5 });
  expect(endpoint).toMatchObject({ template: '/users/{name}', successes: expected, serviceName: 'shop' });
});

it('what was learned reaches a matcher, and an operator’s split is followed', async () => {
  const clock = new TestClock();
  const store = new FakeEndpointStore();
  const learning = learnerOn(store, clock);
  await learning.round(signal);
  const current = new CurrentTemplates({ store, onError: (error) => Promise.reject(error) });
  const event = (path: string) => ({ ...scope, serviceId: 's', method: 'GET', path, pathTemplate: path });
  expect(current.template(event('/users/ann'))).toBe('/users/ann');
  await current.refresh();
  expect(current.template(event('/users/ann'))).toBe('/users/{name}');
  const { tenant, ...at } = scope;
  await store.correct(tenant, { ...at, kind: 'split', template: '/users/{name}', method: '', name: 'ann' });
  await store.correct(tenant, { ...at, kind: 'pin', template: '/users/ann', method: 'GET', name: '' });
  await learning.round(signal);
  await current.refresh();
  expect(await store.pendingCorrections(5)).toEqual([]);
  expect(current.template(event('/users/ann'))).toBe('/users/ann');
  expect(current.template(event('/users/bob'))).toBe('/users/{name}');
});
