import { describe, expect, it } from '@jest/globals';
import { DAY, findingsOf, habit, HOUR, reads, START } from '../../objects/testing/object-traffic.ts';
import { SEQUENTIAL_CRAWLING } from '../sequential-crawling/sequential-crawling.definition.ts';
import { OBJECT_ENUMERATION } from './object-enumeration.definition.ts';

const told = (...events: Parameters<typeof findingsOf>[1][]): number =>
  findingsOf(OBJECT_ENUMERATION, events.flat()).length;
/** Ids without an order. */
const scattered = (i: number): number => ((i * 7_919) % 100_003) + 1;

describe('object-enumeration', () => {
  it('tells a consumer that walks through sixty orders answered 200 after two days of a few of its own', () => {
    expect(told(habit(2, START), reads(80, START, 4_000, scattered))).toBeGreaterThan(0);
  });

  it('tells refused walks without any history, and names the refusals', () => {
    const events = reads(60, START, 4_000, scattered).map((event, i) => (i % 2 === 0 ? { ...event, status: 403 } : event)); // prettier-ignore
    const [first] = findingsOf(OBJECT_ENUMERATION, events);
    expect(first).toMatchObject({ severity: 'high', entity: { kind: 'consumer' } });
    expect(first?.explanation).toContain('forbidden');
  });

  it('tells fifty of which every fourth is not there, and is silent on every tenth and on thirty', () => {
    const holed = (n: number, every: number) =>
      reads(n, START, 4_000, scattered).map((event, i) => (i % every === 1 ? { ...event, status: 404 } : event));
    expect(told(holed(55, 4))).toBeGreaterThan(0);
    expect(told(holed(55, 10))).toBe(0);
    expect(told(holed(30, 4))).toBe(0);
  });

  it('is silent on an integration with a place that answers 404 to everything, and tells it where others find something', () => {
    const nothing = reads(60, START, 1_000, scattered).map((event) => ({ ...event, status: 404 }));
    expect(told(nothing)).toBe(0);
    const found = nothing.map((event, i) => (i % 20 === 0 ? { ...event, status: 200 } : event));
    expect(told(found)).toBeGreaterThan(0);
  });

  it('is silent on the nightly job that reads other orders each night, as it did on the first', () => {
    const nights = Array.from({ length: 4 }, (_, night) => reads(300, START + night * DAY, 300, (i) => scattered(night * 1_000 + i))); // prettier-ignore
    expect(told(nights.flat())).toBe(0);
  });

  it('is silent on an integration that reads and writes what it is told of, in a burst larger than all before', () => {
    const burst = reads(120, START, 200, scattered).map((event, i) => (i % 2 === 0 ? event : { ...event, method: 'PATCH' as const })); // prettier-ignore
    expect(told(habit(2, START), burst)).toBe(0);
  });

  it('is silent on a job that makes something of each object that it reads, and tells who makes as much all along', () => {
    const made = (n: number, from: number) => reads(n, from + 400, 4_000, () => 0, { method: 'POST', status: 201, pathTemplate: '/invoices', path: '/invoices' }); // prettier-ignore
    const inOrder = (...events: Parameters<typeof findingsOf>[1][]) => events.flat().sort((a, b) => a.startedAt - b.startedAt); // prettier-ignore
    expect(told(inOrder(habit(3, START), reads(120, START, 4_000, scattered), made(120, START)))).toBe(0);
    const always = Array.from({ length: 24 }, (_, hour) => made(150, START - (hour + 1) * HOUR)).flat();
    expect(told(inOrder(habit(3, START), always, reads(120, START, 4_000, scattered), made(120, START)))).toBeGreaterThan(0); // prettier-ignore
  });

  it('tells forty at a stroke of who read five at a time for days, and not of who was not seen for long', () => {
    expect(told(habit(3, START), reads(40, START, 1_500, scattered))).toBeGreaterThan(0);
    expect(told(habit(1, START), reads(40, START, 1_500, scattered))).toBe(0);
  });

  it('tells a walk an hour after a list: it did not name them', () => {
    const list = reads(1, START - HOUR, 1_000, () => 1, { pathTemplate: '/orders' });
    expect(told(habit(3, START), list, reads(80, START, 1_500, scattered))).toBeGreaterThan(0);
  });

  it('is silent on a client that lists and then reads what was listed', () => {
    const lists = reads(3, START, 60_000, () => 1, { pathTemplate: '/orders', responseBytes: 4_000 });
    expect(told(habit(2, START), lists, reads(150, START + 1_000, 1_000, scattered))).toBe(0);
  });

  describe('of who is known for an hour', () => {
    const others = Array.from({ length: 6 }, (_, n) => habit(0.17, START, { consumerId: `o${n}`, credentialId: `p${n}` })).flat(); // prettier-ignore
    const own = Array.from({ length: 12 }, (_, i) => reads(3, START - HOUR + i * 290_000, 3_000, (k) => 2_000_000 + k * 17)).flat(); // prettier-ignore
    const walk = (n: number) => reads(n, START, 1_500, scattered);

    it('tells two hundred at a stroke beside others that read a few', () => {
      expect(told(others, own, walk(200))).toBeGreaterThan(0);
    });

    it('is silent on a hundred, on a newcomer that begins so, and where nobody else is known or others do a quarter of it', () => {
      expect(told(others, own, walk(100))).toBe(0);
      expect(told(others, walk(400))).toBe(0);
      expect(told(own, walk(400))).toBe(0);
      const busy = reads(60, START - HOUR / 2, 1_000, (i) => 3_000_000 + i * 7, { consumerId: 'o1', credentialId: 'p1' }); // prettier-ignore
      const later = reads(1, START - HOUR / 4, 1_000, () => 3_900_000, { consumerId: 'o1', credentialId: 'p1' });
      expect(told(others, busy, later, own, walk(250))).toBe(0);
    });
  });

  describe('without any history', () => {
    /** Numbers below 900, each once, all over the place. */
    const some = (i: number): number => 1000 + ((i * 611) % 900);
    const list = (responseBytes: number) => reads(1, START - 5_000, 1_000, () => 1, { pathTemplate: '/orders', path: '/orders', responseBytes }); // prettier-ignore

    it('tells two hundred numbers within half a minute, and four hundred at five a second', () => {
      expect(told(reads(200, START, 115, some))).toBeGreaterThan(0);
      expect(told(reads(400, START, 190, some))).toBeGreaterThan(0);
    });

    it('is silent on fewer, slower, with pauses, and on numbers that nobody could guess', () => {
      expect(told(reads(150, START, 115, some))).toBe(0);
      expect(told(reads(400, START, 300, some))).toBe(0);
      const pages = Array.from({ length: 8 }, (_, page) => reads(50, START + page * 20_000, 20, (i) => some(page * 50 + i))).flat(); // prettier-ignore
      expect(told(pages)).toBe(0);
      expect(told(reads(300, START, 50, (i) => i * 7_919_333))).toBe(0);
      expect(told(reads(300, START, 50, (i) => `b5a0c1d2-0000-4000-8000-${String(i).padStart(12, '0')}`))).toBe(0);
    });

    it('is silent on what lists named, on objects that are asked for twice, and on pictures', () => {
      expect(told(list(12_000), reads(300, START, 50, some))).toBe(0);
      expect(told(list(500), reads(300, START, 50, some))).toBeGreaterThan(0);
      const twice = reads(600, START, 50, (i) => some(i >> 1));
      expect(told(twice)).toBe(0);
      expect(told(reads(300, START, 50, some, { responseContentType: 'image/jpeg' }))).toBe(0);
    });
  });

  it('is silent on a walk from id to id that was told as such, and not on one that is forbidden', () => {
    const walk = reads(80, START, 1_500, (i) => 1001 + i);
    const forbidden = walk.map((event, i) => (i % 2 === 0 ? { ...event, status: 403 } : event));
    const types = (events: typeof walk) =>
      new Set(findingsOf(OBJECT_ENUMERATION, [...habit(3, START), ...events], [SEQUENTIAL_CRAWLING]).map(({ type }) => type)); // prettier-ignore
    expect(types(walk)).toEqual(new Set());
    expect(types(forbidden)).toEqual(new Set(['object-enumeration']));
    expect(told(habit(3, START), walk)).toBeGreaterThan(0);
  });

  it('is silent on the same few objects again and again', () => {
    expect(
      told(
        habit(2, START),
        reads(600, START, 500, (i) => i % 30),
      ),
    ).toBe(0);
  });

  it('is silent on one key that carries a crowd: many addresses, each with a few objects', () => {
    const crowd = Array.from({ length: 200 }, (_, n) => reads(6, START - DAY + n * 7 * 60_000, 5_000, (i) => scattered(n * 6 + i), { clientIp: `198.51.100.${n}` })); // prettier-ignore
    const busy = Array.from({ length: 200 }, (_, n) => reads(6, START + n * 2_000, 5_000, (i) => scattered(5_000 + n * 6 + i), { clientIp: `198.51.100.${n}` })); // prettier-ignore
    expect(told(crowd.flat(), busy.flat())).toBe(0);
  });

  it('is silent on what three others do as well', () => {
    const all = [1, 2, 3, 4].map((n) => {
      const who = { consumerId: `c${n}`, credentialId: `k${n}` };
      return [...habit(2, START, who), ...reads(55, START + n * HOUR, 3_000, (i) => scattered(n * 100 + i), who)];
    });
    const fourth = findingsOf(OBJECT_ENUMERATION, all.flat()).filter(({ entity }) => entity.id === 'c4');
    expect(fourth).toEqual([]);
  });
});
