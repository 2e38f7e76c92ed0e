import { describe, expect, it } from '@jest/globals';
import { consumer, DAY, findingsOf, habit, HOUR, reads, START } from '../../objects/testing/object-traffic.ts';
import { FOREIGN_OBJECT_ACCESS } from './foreign-object-access.definition.ts';

/** Consumer `who` reads its five orders every two hours for three days. */
const owner = (who: number, first: number) =>
  Array.from({ length: 36 }, (_, i) => reads(5, START - 3 * DAY + i * 2 * HOUR, 2_000, (k) => first + k, consumer(who))).flat(); // prettier-ignore
/** Eight further consumers, each with five orders of its own; `overlap`: each has the first of the next one as well. */
const tenants = (overlap: boolean) =>
  Array.from({ length: 8 }, (_, n) => reads(overlap ? 6 : 5, START - 2 * DAY, 2_000, (k) => 500 + n * 5 + k, consumer(10 + n))).flat(); // prettier-ignore
const found = (...events: Parameters<typeof findingsOf>[1][]) => findingsOf(FOREIGN_OBJECT_ACCESS, events.flat());
const theft = (n: number) => reads(n, START, 20_000, (i) => 100 + i, consumer(2));
const known = habit(3, START, consumer(2));

describe('foreign-object-access', () => {
  it('tells a known consumer that is given three objects of one other where everybody has its own', () => {
    const [first] = found(tenants(false), owner(1, 100), known, theft(3));
    expect(first).toMatchObject({ entity: { id: 'consumer-2' }, severity: 'medium', observed: { value: 3 } });
    expect(first?.explanation).toMatch(/0 of \d\d that callers were given had been another's before/);
  });

  it('is silent on three where objects are shared now and then, and tells the same five', () => {
    expect(found(tenants(true), owner(1, 100), known, theft(3))).toEqual([]);
    expect(found(tenants(true), owner(1, 100), known, theft(5))).not.toEqual([]);
  });

  it('tells five that the other used but twice, where nobody shares anything, and is silent on three of those', () => {
    const many = Array.from({ length: 30 }, (_, n) => reads(30, START - 2 * DAY, 2_000, (k) => 2_000 + n * 100 + k, consumer(40 + n))); // prettier-ignore
    const twice = [2, 1].map((days) => reads(5, START - days * DAY, 2_000, (k) => 100 + k, consumer(1)));
    expect(found(...many, ...twice, known, theft(5))[0]).toMatchObject({ entity: { id: 'consumer-2' } });
    expect(found(...many, ...twice, known, theft(3))).toEqual([]);
  });

  it('is silent on a page of clients that another looked through twice, where such pages are shared now and then', () => {
    const pages = Array.from({ length: 60 }, (_, n) =>
      reads(
        15,
        START - 2 * DAY + n * 1_800_000,
        5_000,
        (k) => 3_000 + (n % 50) * 20 + k,
        consumer(10 + ((n * 7) % 12)),
      ),
    );
    const twice = [2, 1].map((days) => reads(14, START - days * DAY, 2_000, (k) => 100 + k, consumer(1)));
    expect(found(...pages, ...twice, known, theft(14))).toEqual([]);
  });

  it('is silent on three among many new ones, where objects are hardly shared', () => {
    const others = reads(60, START - HOUR / 2, 25_000, (i) => 9_000 + i, consumer(2));
    expect(found(tenants(true), owner(1, 100), known, others, theft(4))).toEqual([]);
  });

  it('is silent on who is given the objects of all the others, as support is', () => {
    const support = [0, 1, 2, 3].map((n) =>
      reads(10, START - DAY + n * HOUR, 5_000, (i) => 500 + n * 10 + i, consumer(2)),
    );
    expect(found(tenants(false), owner(1, 100), known, ...support, theft(5))).toEqual([]);
  });

  it('tells five of the only other consumer, and neither four nor five of who has none of its own', () => {
    expect(found(owner(1, 100), known, theft(5))[0]).toMatchObject({ entity: { id: 'consumer-2' } });
    expect(found(owner(1, 100), known, theft(4))).toEqual([]);
    const once = reads(1, START - 3 * DAY, 1_000, () => 7, consumer(2));
    expect(found(owner(1, 100), once, theft(5))).toEqual([]);
  });

  describe('within hours, without days of history', () => {
    const often = (who: number, first: number) =>
      Array.from({ length: 24 }, (_, i) => reads(5, START - HOUR + i * 120_000, 2_000, (k) => first + k, consumer(who))).flat(); // prettier-ignore
    const peers = Array.from({ length: 8 }, (_, n) => reads(5, START - HOUR, 60_000, (k) => 500 + n * 5 + k, consumer(10 + n))).flat(); // prettier-ignore
    const own = reads(6, START - 50 * 60_000, 60_000, (k) => 900 + k, consumer(2));

    it('tells five that another used all the time, of who has its own', () => {
      expect(found(often(1, 100), peers, own, theft(5))[0]).toMatchObject({ entity: { id: 'consumer-2' } });
    });

    it('is silent on two, on who was never seen before, and on who was given those of others before', () => {
      expect(found(often(1, 100), peers, own, theft(2))).toEqual([]);
      expect(found(often(1, 100), peers, theft(5))).toEqual([]);
      const support = reads(6, START - 40 * 60_000, 60_000, (k) => 500 + k * 5, consumer(2));
      expect(found(often(1, 100), peers, support, theft(5))).toEqual([]);
    });
  });

  it('tells once a day who takes one each forty minutes', () => {
    const slow = Array.from({ length: 12 }, (_, i) => reads(1, START - 12 * HOUR + i * 40 * 60_000, 1, () => 100 + i, consumer(2))).flat(); // prettier-ignore
    const large = Array.from({ length: 36 }, (_, i) => reads(12, START - 3 * DAY + i * 2 * HOUR, 2_000, (k) => 100 + k, consumer(1))).flat(); // prettier-ignore
    const many = Array.from({ length: 20 }, (_, n) => reads(10, START - 2 * DAY, 2_000, (k) => 2_000 + n * 100 + k, consumer(40 + n))); // prettier-ignore
    const [first] = found(...many, large, known, slow);
    expect(first?.explanation).toContain('within a day');
    expect(FOREIGN_OBJECT_ACCESS.settings.parse({}).quietMinutes).toBe(1_440);
    expect(found(...many, large, known, slow.slice(0, 3))).toEqual([]);
  });

  it('is silent on objects that several use, on two of them, on refusals, and on a newcomer that takes over', () => {
    const third = reads(5, START - DAY, 1_000, (i) => 100 + i, consumer(3));
    expect(found(tenants(false), owner(1, 100), third, known, theft(5))).toEqual([]);
    expect(found(tenants(false), owner(1, 100), known, theft(2))).toEqual([]);
    expect(found(tenants(false), owner(1, 100), known, theft(5).map((event) => ({ ...event, status: 403 })))).toEqual([]); // prettier-ignore
    expect(found(tenants(false), owner(1, 100), theft(5))).toEqual([]);
  });
});
