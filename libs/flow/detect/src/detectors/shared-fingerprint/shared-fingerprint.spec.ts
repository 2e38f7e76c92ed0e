import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  calls,
  consumer,
  CURL,
  findingsIn,
  FIREFOX,
  MONDAY,
  server,
} from '../leaked-credential/testing/identity-traffic.ts';

const FROM = MONDAY + DAY_MS + 11 * MINUTE_MS;
const HOST = { clientIp: '192.0.2.66' };
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const at = (n: number, overrides: Partial<ApiEvent> = {}): Partial<ApiEvent> => ({
  ...consumer(n),
  clientIp: `203.${n}.113.9`,
  ...overrides,
});
const homes = (n: number, days = 2): ApiEvent[] => numbers(n).flatMap((i) => server(days, at(i), MONDAY + i * 1000));
const cycle = (n: number, rounds: number, everyMs: number, overrides: Partial<ApiEvent> = CURL): ApiEvent[] =>
  numbers(n).flatMap((i) => calls(rounds, FROM + i * everyMs, n * everyMs, { ...consumer(i), ...HOST, ...overrides }));
const told = (...streams: readonly ApiEvent[][]) =>
  findingsIn(...streams).filter(({ type }) => type === 'shared-fingerprint');

describe('shared-fingerprint', () => {
  it('tells one client that uses the keys of six callers from elsewhere, by its address', () => {
    const [first] = told(homes(6), cycle(6, 2, 20_000));
    expect(first).toMatchObject({
      entity: { kind: 'ip', id: '192.0.2.66' },
      severity: 'medium',
      observed: { value: 5 },
    });
  });

  it('tells ten unknown callers only with refusals among them', () => {
    const refused = calls(4, FROM + 1500, 1000, { ...HOST, ...CURL, consumerId: '', credentialId: '', status: 401 });
    expect(told(cycle(12, 3, 2_000), refused)).not.toHaveLength(0);
    expect(told(cycle(12, 3, 2_000))).toEqual([]);
  });

  it('tells twenty keys that nobody knows in one script, at an address that comes late into the log', () => {
    const log = server(2, at(99));
    expect(told(log, cycle(22, 3, 2_000))[0]).toMatchObject({ severity: 'medium', observed: { value: 20 } });
    expect(told(log, cycle(18, 3, 2_000))).toEqual([]);
    // a platform with its own program, and one that was there from the beginning
    expect(told(log, cycle(22, 3, 2_000, { userAgent: 'aggregator/2', clientFingerprint: '77' }))).toEqual([]);
    expect(told(cycle(22, 3, 2_000))).toEqual([]);
  });

  it('tells by places alone where no clients are logged: sixteen callers with an address each, all at one', () => {
    const bare = { userAgent: '', clientFingerprint: '' };
    const bareHomes = (n: number) => numbers(n).flatMap((i) => server(2, at(i, bare), MONDAY + i * 1000));
    expect(told(bareHomes(16), cycle(16, 2, 10_000, bare))).not.toHaveLength(0);
    // an office on its first morning: twelve who come and go as they like
    const comes = (i: number): ApiEvent[] =>
      calls(2, FROM + ((i * 7919) % 480) * 1000, 41_000 + i * 1300, { ...consumer(i), ...HOST, ...bare });
    expect(told(bareHomes(12), numbers(12).flatMap(comes))).toEqual([]);
  });

  it('tells eight callers of an address where no clients are logged once they come by a clock, or are at home again meanwhile', () => {
    const bare = { userAgent: '', clientFingerprint: '' };
    const homesOf = (n: number) => numbers(n).flatMap((i) => calls(6, FROM - 5 * HOUR_MS + i * 1000, HOUR_MS / 2, at(i, bare))); // prettier-ignore
    const log = server(2, at(99));
    expect(told(log, homesOf(8), cycle(8, 2, 7_000, bare))[0]).toMatchObject({ observed: { value: 8 } });
    const jittered = numbers(8).flatMap((i) => [0, 1].flatMap((round) => calls(1, FROM + round * 200_000 + ((i * i * 37) % 180) * 1000, 1, { ...consumer(i), ...HOST, ...bare }))); // prettier-ignore
    const meanwhile = numbers(5).flatMap((i) => calls(1, FROM + 190_000 + i * 1000, 1, at(i, bare)));
    expect(told(log, homesOf(8), jittered)).toEqual([]);
    expect(told(log, homesOf(8), jittered, meanwhile)[0]).toMatchObject({ severity: 'medium' });
  });

  it('tells a script with the keys of seven hardly known callers that others used, and not one that was given keys of its own', () => {
    const people = numbers(7).flatMap((i) => calls(4, FROM - 2 * HOUR_MS + i * 1000, 20 * MINUTE_MS, at(i, FIREFOX)));
    const log = server(2, at(99));
    const script = { userAgent: 'python-requests/2.32.0', clientFingerprint: '4444444444444444' };
    expect(told(log, people, cycle(7, 2, 11_000, script))[0]).toMatchObject({ severity: 'medium' });
    const granted = cycle(7, 2, 11_000, script).map((event) => ({ ...event, credentialId: event.credentialId.replace('aaaa', 'bbbb') })); // prettier-ignore
    expect(told(log, people, granted)).toEqual([]);
    expect(told(log, people, cycle(7, 2, 11_000, { ...script, clientIp: '10.0.0.9' }))).toEqual([]);
  });

  it('is one alert for a thief of many keys, who comes from there again in the hour', () => {
    const types = (n: number, rounds: number, everyMs: number) => {
      const counts = new Map<string, Set<string>>();
      for (const { type, entity } of findingsIn(homes(n, 6), cycleAt(n, rounds, everyMs)))
        counts.set(type, (counts.get(type) ?? new Set()).add(entity.id));
      return Object.fromEntries([...counts].map(([type, entities]) => [type, entities.size]));
    };
    const late = MONDAY + 6 * DAY_MS + 11 * MINUTE_MS;
    const cycleAt = (n: number, rounds: number, everyMs: number) =>
      numbers(n).flatMap((i) => calls(rounds, late + i * everyMs, n * everyMs, { ...consumer(i), ...HOST, ...CURL }));
    expect(types(12, 8, 4_000)).toEqual({ 'shared-fingerprint': 1 });
    // one key after the other: two are told as leaked, then it is one matter
    const batches = numbers(12).flatMap((i) =>
      calls(8, late + i * 4 * MINUTE_MS, 15_000, { ...consumer(i), ...HOST, ...CURL }),
    );
    const found = findingsIn(homes(12, 6), batches);
    const leaked = new Set(found.flatMap(({ type, entity }) => (type === 'leaked-credential' ? [entity.id] : [])));
    expect(leaked.size).toBeLessThanOrEqual(2);
    const shared = found.filter(({ type }) => type === 'shared-fingerprint');
    expect(shared[0]).toMatchObject({ severity: 'high' });
    // it says of all of them, and of each which it is
    expect(shared.at(-1)?.observed.value).toBe(12);
    expect(shared.at(-1)?.contributors.some(({ entity }) => entity.id === consumer(11).consumerId)).toBe(true);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['four callers', [homes(4), cycle(4, 9, 5_000)]],
    [
      'a new office: everybody brings the own client',
      [homes(9), cycle(9, 9, 5_000, { userAgent: 'Java/17.0.11', clientFingerprint: '1111111111111111' })],
    ],
    [
      'another way out of one network: they all came from the same before',
      [
        numbers(9).flatMap((i) => server(2, { ...consumer(i), clientIp: '198.51.100.7' }, MONDAY + i * 1000)),
        cycle(9, 9, 5_000),
      ],
    ],
    [
      'a place of many by habit',
      [
        numbers(9).flatMap((i) => server(2, { ...consumer(100 + i), ...HOST }, MONDAY + i * 1000)),
        homes(6),
        cycle(6, 3, 5_000),
      ],
    ],
    ['six callers over an hour', [homes(6), cycle(6, 1, 15 * MINUTE_MS)]],
  ])('is silent about %s', (_name, streams) => {
    expect(told(...streams)).toEqual([]);
  });
});
