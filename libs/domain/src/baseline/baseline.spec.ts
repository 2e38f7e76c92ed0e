import { describe, expect, it } from '@jest/globals';
import { LOOK_BACK_MS } from './baseline.ts';
import { untaughtTime, type BaselineControl } from './baseline-control.ts';
import { borrowFrom } from './borrowed-baseline.ts';
import { callerEndpointId, parseCallerEndpoint, parseEndpointId } from './caller-endpoint.ts';
import { hourOfWeek, shrunkMeans, windowsAnHour, type HourCell } from './hour-of-week.ts';
import { bandAt, learnBaseline, type BaselineSums } from './learned-baseline.ts';
import { logUpperTail, lowerQuantile, upperQuantile } from './negative-binomial.ts';
import { normalQuantile, wilsonInterval } from './wilson.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday. */
const AT = Date.UTC(2026, 0, 26);
const cells = (of: (hour: number) => HourCell): HourCell[] => Array.from({ length: 168 }, (_, hour) => of(hour));
const learned = (sums: Partial<BaselineSums>, metric: 'requests' | 'errors' | 'response-bytes' = 'requests') =>
  learnBaseline(
    { id: 'a', since: AT - 20 * DAY, requests: 5_000, days: 20, peaks: [9], cells: [], ...sums },
    { metric, step: '1h', at: AT, lookBackMs: LOOK_BACK_MS['1h'] },
  );

describe('hours of the week', () => {
  it('begin on Monday at midnight UTC', () => {
    expect([hourOfWeek(AT), hourOfWeek(AT - 1), hourOfWeek(AT + 5 * DAY + 3 * HOUR)]).toEqual([0, 167, 123]);
  });

  it('are half-shrunk to the same hour of weekdays or of the weekend, never of both together', () => {
    const means = shrunkMeans(
      cells((hour) => ({
        n: 1,
        sum: hour === 10 ? 60 : hour % 24 === 10 ? (hour >= 120 ? 1_000 : 10) : 0,
        squares: 0,
      })),
      0,
    );
    // Weekdays at ten: (60 + 4 × 10) / 5 = 20.
    expect([means[10], means[34], means[130]]).toEqual([40, 15, 1_000]);
  });

  it('that were never seen take the other kind of day, and the overall mean at last', () => {
    const means = shrunkMeans(
      cells((hour) => (hour === 5 ? { n: 2, sum: 8, squares: 32 } : { n: 0, sum: 0, squares: 0 })),
      7,
    );
    expect([means[29], means[125], means[6]]).toEqual([4, 4, 7]);
  });

  it('hold as many windows as time has', () => {
    const windows = windowsAnHour(AT - 7 * DAY, AT, 300_000);
    expect([...windows]).toEqual(Array(168).fill(12));
    expect(windowsAnHour(AT, AT + HOUR / 2, 300_000)[0]).toBe(6);
  });
});

describe('tails', () => {
  it('of counts: the band’s edges are as rare as asked, and no rarer than by their grain', () => {
    for (const [mean, size] of [
      [3, 2],
      [50, 10],
      [2_000, 30],
    ] as const) {
      const high = upperQuantile(Math.log(1e-3), mean, size);
      const low = lowerQuantile(1e-3, mean, size);
      expect(Math.exp(logUpperTail(high, mean, size))).toBeLessThan(1e-3);
      expect(Math.exp(logUpperTail(high - Math.max(1, Math.ceil(high * 0.002)), mean, size))).toBeGreaterThan(0.9e-3);
      expect(1 - Math.exp(logUpperTail(low, mean, size))).toBeLessThanOrEqual(1e-3);
      expect(low).toBeLessThanOrEqual(mean);
    }
    expect(lowerQuantile(1e-3, 2_000, 500)).toBeGreaterThan(1_000);
  });

  it('of ratios: narrow with many observations, anything with none', () => {
    expect(wilsonInterval(0, 0, 3)).toEqual({ low: 0, high: 1 });
    expect(wilsonInterval(10, 1_000, 3).high).toBeLessThan(0.03);
    expect(wilsonInterval(0, 10, 3).high).toBeGreaterThan(0.3);
    expect(normalQuantile(1e-3)).toBeCloseTo(3.09, 2);
    expect(normalQuantile(1e-6)).toBeCloseTo(4.753, 2);
  });
});

describe('a baseline', () => {
  it('warms up by life and by requests', () => {
    const state = (days: number, requests: number) => learned({ since: AT - days * DAY, requests }).warmUp;
    expect([state(0.9, 9_999), state(8, 499), state(2, 500), state(7, 500), state(14, 500)]).toEqual([
      'learning', 'learning', 'provisional', 'mature', 'seasonal',
    ]); // prettier-ignore
  });

  it('of counts is wider for who is bursty', () => {
    const steady = learned({ cells: cells(() => ({ n: 4, sum: 40, squares: 400 })) });
    const bursty = learned({ cells: cells(() => ({ n: 4, sum: 40, squares: 1_600 })) });
    expect(steady.expected[3]).toBe(10);
    expect(bandAt(bursty, AT, 1e-3).high).toBeGreaterThan(2 * bandAt(steady, AT, 1e-3).high);
  });

  it('of a ratio allows more where few requests were made', () => {
    const ratio = learned({ cells: cells(() => ({ n: 1_000, sum: 20, squares: 0 })) }, 'errors');
    expect(bandAt(ratio, AT, 1e-3, 10)).toMatchObject({ expected: 0.02 });
    expect(bandAt(ratio, AT, 1e-3, 10).high).toBeGreaterThan(4 * bandAt(ratio, AT, 1e-3, 5_000).high);
  });

  it('of sizes lies around the geometric mean, in factors', () => {
    const ln = Math.log(1_000);
    const size = learned(
      { cells: cells(() => ({ n: 4, sum: 4 * ln, squares: 4 * (ln * ln + 0.25) })) },
      'response-bytes',
    );
    const band = bandAt(size, AT, 1e-3);
    expect(band.expected).toBeCloseTo(1_000, 6);
    expect(band.high / band.expected).toBeCloseTo(band.expected / band.low, 6);
    expect(Math.log(band.high / band.expected)).toBeCloseTo(3.09 * 0.5, 2);
  });

  it('of nobody expects nothing', () => {
    expect(bandAt(learned({ since: undefined, requests: 0, peaks: [] }), AT, 1e-3)).toEqual({
      expected: 0,
      low: 0,
      high: 0,
    });
  });
});

describe('a newcomer', () => {
  const own = (hours: number, mean: number) =>
    learned({
      since: AT - hours * HOUR,
      requests: 50,
      peaks: [mean],
      cells: cells((h) => ({ n: h < hours ? 1 : 0, sum: h < hours ? mean : 0, squares: 0 })),
    });
  const peer = (mean: number) =>
    learned({ cells: cells(() => ({ n: 4, sum: 4 * mean, squares: 4 * mean * mean })), peaks: [mean] });
  const group = { by: 'tags', name: 'gold' };

  it('expects what its peers do at first, half of it after half a day', () => {
    expect(borrowFrom(own(0, 0), [peer(30)], group).expected[5]).toBe(30);
    expect(borrowFrom(own(12, 10), [peer(30)], group).expected[5]).toBe(20);
  });

  it('has a wider band where its peers differ', () => {
    const alike = borrowFrom(own(0, 0), [peer(20), peer(20)], group);
    const unlike = borrowFrom(own(0, 0), [peer(2), peer(38)], group);
    expect(bandAt(unlike, AT, 1e-3).high).toBeGreaterThan(2 * bandAt(alike, AT, 1e-3).high);
    expect(unlike.group).toEqual({ ...group, peers: 2 });
  });

  it('borrows nothing from other newcomers, and nobody borrows who knows enough', () => {
    expect(borrowFrom(own(3, 1), [own(3, 100)], group)).toEqual(own(3, 1));
    expect(borrowFrom(peer(5), [peer(50)], group)).toEqual(peer(5));
  });
});

describe('ids', () => {
  it.each(['svc GET /orders/{id}', 'GET /', ' ', 'svc CONNECT ', 'GET /a b/c'])(
    'an endpoint’s %j is taken apart and found again',
    (id) => {
      const parts = parseEndpointId(id);
      const { serviceId = '', method, pathTemplate } = parts ?? {};
      expect(`${serviceId === '' ? '' : `${serviceId} `}${method} ${pathTemplate}`).toBe(id);
      expect(parseCallerEndpoint(callerEndpointId({ kind: 'ip', id: '2001:db8::1' }, id))).toEqual({
      callerKind: 'ip', callerId: '2001:db8::1', endpoint: id,
    }); // prettier-ignore
    },
  );

  it('of something else are none', () => {
    expect([parseEndpointId('GET'), parseCallerEndpoint('gateway:x GET /'), parseCallerEndpoint('ip:x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

it('the latest reset counts, and excluded time adds up with time under alerts', () => {
  const control = (over: Partial<BaselineControl>): BaselineControl => ({
    id: '00000000-0000-4000-8000-000000000000', action: 'reset', kind: 'consumer', entityId: 'a', from: 5, to: null, reason: 'x', createdAt: 1, createdBy: 'x', ...over,
  }); // prettier-ignore
  const controls = [
    control({}),
    control({ from: 9 }),
    control({ from: 7 }),
    control({ action: 'exclusion', from: 1, to: 2 }),
  ];
  const { excluded, since } = untaughtTime(controls, [{ entityId: 'a', from: 3, to: 4 }]);
  expect([since.get('a'), excluded.get('a')]).toEqual([
    9,
    [
      { from: 1, to: 2 },
      { from: 3, to: 4 },
    ],
  ]);
});
