import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { LogOrder } from './log-order.ts';
import { logLoss } from './log-loss.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const LIMIT = 100;

/** Consumers under a minute's limit; `logged` says which of their requests reach the log. */
const limited = (
  minutes: number,
  options: {
    readonly from?: number;
    readonly consumers?: number;
    readonly logged?: (i: number, minute: number) => boolean;
    readonly remaining?: (nth: number, minute: number) => number;
  } = {},
): ApiEvent[] => {
  const { from = AT, consumers = 5, logged = () => true, remaining = (nth) => LIMIT - nth } = options;
  const events: ApiEvent[] = [];
  for (let minute = 0; minute < minutes; minute++)
    for (let consumer = 0; consumer < consumers; consumer++)
      for (let nth = 1; nth <= 10; nth++) {
        if (!logged(nth + consumer * 10, minute)) continue;
        const startedAt = from + minute * MINUTE_MS + nth * 5_000 + consumer;
        const who = `c${consumer}`;
        events.push(anApiEvent({ startedAt, consumerId: who, credentialId: who, rateLimit: LIMIT, rateRemaining: remaining(nth, minute) })); // prettier-ignore
      }
  return events;
};
const found = (events: readonly ApiEvent[]) => findingsIn(engineOf(logLoss), events);

describe('log-loss by the counters of rate limits', () => {
  it('tells of requests that were counted and never logged, within minutes', () => {
    const lossy = limited(60, { from: AT + HOUR_MS, logged: (i) => i % 7 !== 3 });
    const [first] = found([...limited(60), ...lossy]);
    expect(first).toMatchObject({ severity: 'low', entity: { kind: 'gateway', id: 'default' } });
    expect(first?.detectedAt).toBeLessThan(AT + HOUR_MS + 15 * MINUTE_MS);
    expect(first?.explanation).toContain('were never logged');
  });

  it('grows to medium where a fifth and more is missing', () => {
    const lossy = limited(60, { from: AT + HOUR_MS, logged: (i) => i % 2 !== 0 });
    expect(found([...limited(60), ...lossy]).map(({ severity }) => severity)).toContain('medium');
  });

  it.each<[name: string, events: readonly ApiEvent[]]>([
    ['every request is logged', limited(120)],
    ['some were missing ever since: another node counts them, or they are not logged on purpose', limited(180, { logged: (i) => i % 7 !== 3 })],
    ['one consumer alone is concerned', [...limited(60), ...limited(60, { from: AT + HOUR_MS, logged: (i) => i < 10 || i % 2 === 0, consumers: 1 })]],
    ['the limit is of an hour, and two counters take turns', limited(180, { remaining: (nth, minute) => (minute < 60 ? LIMIT - nth : nth % 2 === 0 ? 90 : 20) })],
    ['lines of the same minute come in any order', limited(120, { remaining: (nth) => LIMIT - 11 + nth })],
    ['requests at the same time read the same counter', limited(120, { remaining: (nth) => LIMIT - Math.ceil(nth / 2) })],
    ['it is quiet for an hour in between', [...limited(60), ...limited(60, { from: AT + 2 * HOUR_MS })]],
    ['nobody tells a limit', limited(120, { logged: (i) => i % 2 === 0 }).map((event) => ({ ...event, rateLimit: -1, rateRemaining: -1 }))],
  ])('is silent when %s', (_name, events) => {
    expect(found(events)).toEqual([]);
  }); // prettier-ignore

  it('says what it counted, of calls that tell a limit', () => {
    const engine = engineOf(logLoss);
    const events = limited(30);
    findingsIn(engine, events);
    const [last] = events.slice(-1);
    expect(last && engine.explain(last, 0)[0]?.says).toMatch(
      /counted \d+ requests in the last 30 to 60 min, \d+ were logged/,
    );
    const other = anApiEvent({ startedAt: AT + HOUR_MS });
    findingsIn(engine, [other]);
    expect(engine.explain(other, 0)).toEqual([]);
  });
});

describe('log-loss by clocks', () => {
  it('tells live of a gateway whose lines begin after they were received', () => {
    const events = Array.from({ length: 100 }, (_, i) => {
      const receivedAt = AT + i * 1000;
      return anApiEvent({ startedAt: receivedAt + (i % 4 === 0 ? HOUR_MS : -20), receivedAt });
    });
    const engine = engineOf(logLoss);
    const findings: ReturnType<typeof findingsIn> = [];
    for (const event of events) engine.observeNow(event, 0, findings);
    expect(findings[0]).toMatchObject({ type: 'log-loss', entity: { kind: 'gateway' } });
  });
});

/** Lines of a file as their offsets in ms from AT, in the file's order. */
const inFile = (...files: readonly (readonly number[])[]) => {
  const order = new LogOrder();
  for (const offsets of files) {
    for (const offset of offsets) order.read(anApiEvent({ startedAt: AT + offset, latencyTotalMs: 12 }));
    order.endFile();
  }
  return order.findings;
};
const steady = (n: number, from = 0, gapMs = 2_000): number[] => Array.from({ length: n }, (_, i) => from + i * gapMs);
const withEvery = (offsets: readonly number[], nth: number, skew: (i: number) => number): number[] =>
  offsets.map((offset, i) => (i > 100 && i % nth === 0 ? offset + skew(i) : offset));
const shuffled = (offsets: readonly number[]): number[] =>
  offsets.map((offset, i) => [offset, (i * 7919) % 4001] as const).sort((a, b) => a[1] - b[1]).map(([offset]) => offset); // prettier-ignore

describe("log-loss by the order of a file's lines", () => {
  it.each([2, 3, 10])('tells of a node with a wrong clock that writes every %d. line', (nth) => {
    const [first] = inFile(withEvery(steady(2000), nth, () => 12 * MINUTE_MS));
    expect(first).toMatchObject({ type: 'log-loss', severity: 'low', entity: { kind: 'gateway', id: 'default' } });
    expect(first?.explanation).toContain('12 min later');
    expect(first?.detectedAt).toBeGreaterThan(AT);
    expect(first?.detectedAt).toBeLessThan(AT + 20 * MINUTE_MS);
  });

  it('says nothing of a file that somebody sorted by when requests began, long ones among them', () => {
    const order = new LogOrder();
    for (const [i, offset] of steady(3000).entries())
      order.read(anApiEvent({ startedAt: AT + offset, latencyTotalMs: i % 3 === 0 ? 10 * MINUTE_MS : 12 }));
    order.endFile();
    expect(order.findings).toEqual([]);
  });

  it.each<[name: string, files: readonly (readonly number[])[]]>([
    ['is in order', [steady(5000)]],
    ['has a night in it', [[...steady(500), ...steady(500, 8 * HOUR_MS)]]],
    ['is two files, the newer one first', [[...steady(500, HOUR_MS), ...steady(500)]]],
    ['is many files put together backwards', [[...Array(12).keys()].reverse().flatMap((i) => steady(200, i * HOUR_MS))]],
    ['is sorted from the newest to the oldest', [steady(3000).reverse()]],
    ['is in no order', [shuffled(steady(3000))]],
    ['holds what a shipper had kept back, among new lines', [[...steady(200), ...steady(2000, 400_000, 100).flatMap((offset, i) => i % 3 === 0 ? [offset, 4 * HOUR_MS + i * 200] : [offset])]]],
    ['was copied while it was rotated', [steady(500), steady(500, 900_000)]],
    ['has a few odd lines', [withEvery(steady(2000), 200, () => HOUR_MS)]],
    ['has odd lines by offsets of all kinds', [withEvery(steady(2000), 5, (i) => ((i * 7919) % 100) * 10 * MINUTE_MS)]],
    ['is empty', [[]]],
  ])('is silent on a file that %s', (_name, files) => {
    expect(inFile(...files)).toEqual([]);
  }); // prettier-ignore
});
