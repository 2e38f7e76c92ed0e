import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  calls,
  findingsIn,
  FIREFOX,
  JAVA,
  MONDAY,
  office,
  server,
} from '../leaked-credential/testing/identity-traffic.ts';

const FROM = MONDAY + 4 * DAY_MS + 11 * 60 * MINUTE_MS;
/** `places` addresses take turns, each with a client of its own unless `client` says. */
const everywhere = (
  places: number,
  each: number,
  everyMs: number,
  client?: Partial<ApiEvent>,
  from = FROM,
): ApiEvent[] =>
  Array.from({ length: places }, (_, p) =>
    calls(each, from + p * everyMs, places * everyMs, {
      clientIp: `203.${p}.113.9`,
      userAgent: `tool-${p}/1.0`,
      clientFingerprint: `${p}`.padStart(16, '0'),
      ...client,
    }),
  ).flat();
const shared = (...streams: readonly ApiEvent[][]) =>
  findingsIn(...streams).filter(({ type }) => type === 'credential-sharing');

describe('credential-sharing', () => {
  it('tells five places by turns', () => {
    const [first] = shared(server(5), everywhere(5, 14, 30_000));
    expect(first).toMatchObject({ severity: 'medium', observed: { value: 4 }, entity: { kind: 'consumer' } });
  });

  it('tells many places within their first request each, high', () => {
    const found = shared(server(5), everywhere(25, 3, 4_000));
    const high = found.find(({ severity }) => severity === 'high');
    expect((high?.detectedAt ?? Infinity) - FROM).toBeLessThanOrEqual(60_000);
  });

  it('tells the fourth client in the fourth new place within minutes, of who had one place for days', () => {
    const [first] = shared(server(5), everywhere(9, 1, 15_000));
    expect(first?.detectedAt).toBe(FROM + 45_000);
    expect(shared(server(1, {}, FROM - DAY_MS), everywhere(9, 1, 15_000))).toEqual([]);
    expect(shared(server(5), everywhere(9, 1, 15_000, JAVA))).toEqual([]);
  });

  it('is one alert with what leaks beside it, and as grave', () => {
    const found = findingsIn(server(5), everywhere(9, 20, 15_000, undefined, FROM));
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['credential-sharing']));
    expect(found.at(-1)?.severity).toBe('high');
  });

  it('tells a person’s key as well', () => {
    expect(shared(office(5, FIREFOX), everywhere(6, 14, 30_000))).not.toHaveLength(0);
  });

  const far = (places: number, each: number, from: number, client: Partial<ApiEvent> = JAVA) =>
    Array.from({ length: places }, (_, p) =>
      calls(each, from + p * 7_000, 2 * MINUTE_MS, { clientIp: `${13 + 17 * p}.${p}.1.1`, ...client }),
    );

  it('tells a program of one place, for an hour now, that is in six far apart at once', () => {
    const hour = calls(60, MONDAY, MINUTE_MS);
    const [first] = shared(hour, ...far(6, 20, MONDAY + 61 * MINUTE_MS));
    expect(first).toMatchObject({ severity: 'medium', observed: { value: 5 } });
    expect(shared(hour, ...far(4, 20, MONDAY + 61 * MINUTE_MS))).toEqual([]);
    expect(shared(...far(7, 20, MONDAY))).toEqual([]);
    const shops = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => far(i + 1, 40, MONDAY + (61 + 9 * i) * MINUTE_MS).slice(i));
    expect(shared(hour, ...shops)).toEqual([]);
    const app = { userAgent: 'MyApp/3.1 CFNetwork/1485 Darwin/23.1.0', clientFingerprint: '4444444444444444' };
    expect(shared(calls(60, MONDAY, MINUTE_MS, app), ...far(6, 20, MONDAY + 61 * MINUTE_MS, app))).toEqual([]);
  });

  it('takes places that are far apart for no move, though the client is one and the old place silent', () => {
    expect(shared(server(4), ...far(6, 20, FROM + DAY_MS))).not.toHaveLength(0);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['two places: at home and on the way', [office(5, FIREFOX), everywhere(2, 40, 20_000, FIREFOX)]],
    [
      'a journey: one place after the other',
      [
        server(5),
        ...[0, 1, 2, 3, 4].map((p) =>
          calls(10, FROM + p * 10 * MINUTE_MS, MINUTE_MS, { clientIp: `203.${p}.113.9`, ...FIREFOX }),
        ),
      ],
    ],
    [
      'neighbours of one network',
      [
        server(5),
        ...[1, 2, 3, 4, 5, 6].map((n) =>
          calls(10, FROM + n * 1000, 10_000, { clientIp: `203.0.${n}.9`, userAgent: `w/${n}` }),
        ),
      ],
    ],
    [
      'an app’s key, from everywhere always',
      [1, 2, 3, 4, 5]
        .map((day) => everywhere(60, 5, 5_000, { ...FIREFOX }, FROM - day * DAY_MS))
        .concat([everywhere(90, 6, 4_000)]),
    ],
    [
      'a web page’s key with a dozen networks, and half as many more in an hour',
      [everywhere(14, 8, 5_000, FIREFOX, MONDAY + 1_000), office(5, FIREFOX), everywhere(5, 14, 30_000)],
    ],
    [
      'a web page’s key in its first days: eight networks, and guests from eighteen more within an hour',
      [2, 1]
        .map((day) =>
          everywhere(8, 12, 20_000, { userAgent: FIREFOX.userAgent }, FROM - day * DAY_MS).map((event) => ({
            ...event,
            clientIp: event.clientIp.replace('203.', '81.'),
          })),
        )
        .concat([
          everywhere(18, 1, 40_000, { userAgent: FIREFOX.userAgent }),
          everywhere(5, 12, 40_000, { userAgent: FIREFOX.userAgent }),
        ]),
    ],
    [
      'a platform with many doors, one more often than not new',
      [...Array(6).keys()].map((day) =>
        [0, 1, 2, 3, 4].flatMap((p) =>
          calls(12, MONDAY + day * DAY_MS + p * 1000, 5000, { clientIp: `203.${day * 5 + p}.1.9` }),
        ),
      ),
    ],
    [
      'a move to functions: many addresses, one client, and the old place silent',
      [server(4), everywhere(9, 12, 20_000, JAVA, FROM + DAY_MS)],
    ],
    ['a young key', [everywhere(9, 14, 20_000)]],
  ])('is silent about %s', (_name, streams) => {
    expect(shared(...streams)).toEqual([]);
  });
});
