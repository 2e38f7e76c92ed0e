import { describe, expect, it } from '@jest/globals';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { NumberSet, ObjectLedger } from './object-ledger.ts';
import { readObject, type ObjectRef } from './object-ref.ts';
import { Listing } from './listing.ts';
import { Leaders, Run, Spans } from './walk.ts';

const read = (overrides: Partial<ApiEvent>): ObjectRef =>
  readObject(anApiEvent(overrides), { hash: 0, value: 0, under: 0, page: 0, cursor: false });

describe('objects in requests', () => {
  it.each<[string, Partial<ApiEvent>, number, number, boolean]>([
    ['a number', { path: '/orders/42', pathTemplate: '/orders/{id}' }, 42, -1, true],
    ['the last of several', { path: '/users/7/orders/42', pathTemplate: '/users/{id}/orders/{id}' }, 42, -1, true],
    ['a name', { path: '/users/ann', pathTemplate: '/users/{name}' }, -1, -1, true],
    ['a date', { path: '/days/2026-01-01', pathTemplate: '/days/{date}' }, -1, -1, false],
    ['none', { path: '/orders', pathTemplate: '/orders' }, -1, -1, false],
    ['one in the query', { path: '/o', pathTemplate: '/o', query: 'sort=word:4&order_id=17' }, 17, -1, true],
    ['a class of values', { path: '/o', pathTemplate: '/o', query: 'order_id=int:24' }, -1, -1, false],
    ['a page', { path: '/o', pathTemplate: '/o', query: 'page=3&limit=50' }, -1, 3, false],
    ['the page of another name', { path: '/o', pathTemplate: '/o', query: 'page[number]=3&size=int:2' }, -1, 3, false],
    ['a path shorter than its template', { path: '/a', pathTemplate: '/a/{id}/{id}' }, -1, -1, false],
  ])('reads %s', (_name, event, value, page, named) => {
    const ref = read(event);
    expect([ref.value, ref.page, ref.hash !== 0]).toEqual([value, page, named]);
  });

  it('tells the same number of two templates apart', () => {
    const [a, b] = ['/orders', '/users'].map((base) => read({ path: `${base}/1`, pathTemplate: `${base}/{id}` }).hash);
    expect(a).not.toBe(b);
  });
});

describe('what is remembered', () => {
  it('a number once, for at least half of the limit', () => {
    const set = new NumberSet(10_000);
    const all = Array.from({ length: 5_000 }, (_, i) => i * 7 + 1);
    expect(all.every((n) => set.add(n))).toBe(true);
    expect(all.some((n) => set.add(n))).toBe(false);
  });

  it('the owner of an object through growth and a change of generation', () => {
    const ledger = new ObjectLedger(20_000);
    for (let i = 0; i < 30; i++) ledger.use(77, 5, true);
    for (let n = 1_000; n < 12_000; n++) ledger.use(n, 9, true);
    expect(ledger.use(77, 6, true)).toMatchObject({ owner: 5, ownerUses: 30, others: 0 });
    expect(ledger.use(77, 7, true)).toMatchObject({ owner: 5, others: 1 });
  });

  it('whether a caller has the object for the first time, and from the fourth on that nobody knows', () => {
    const ledger = new ObjectLedger(1_000);
    const joins = [5, 5, 6, 5, 6, 7, 6, 8].map((caller) => ledger.use(77, caller, true).joins);
    expect(joins).toEqual([true, false, true, false, false, true, false, false]);
  });

  it('the most that anybody else did', () => {
    const stat = new Leaders();
    for (const [caller, most] of [[1, 30], [2, 50], [1, 90], [3, 40], [1, 20]] as const) stat.note(caller, most); // prettier-ignore
    expect([stat.mostBut(1), stat.mostBut(2), stat.mostBut(9)]).toEqual([50, 90, 90]);
  });

  it('lists for an hour or two', () => {
    const listing = new Listing();
    listing.add(1_000, 1, 'page=1');
    listing.add(2_000, 1, 'page=2');
    expect([listing.countAt(3_000), listing.countAt(3 * 3_600_000), listing.latestAt]).toEqual([2, 0, 2_000]);
  });

  it('lists since a time, in steps of five minutes', () => {
    const listing = new Listing();
    for (const minute of [0, 10, 20, 30]) listing.add(minute * 60_000, 1, `page=${minute}`);
    expect([20, 9, 31].map((minute) => listing.countSince(minute * 60_000, 1_900_000))).toEqual([2, 3, 0]);
    expect(listing.countSince(3_500_000, 3 * 3_600_000)).toBe(0);
  });

  it('the same list once, until something of it was read; other pages, and creations, each', () => {
    const listing = new Listing();
    for (const minute of [0, 2, 4]) listing.add(minute * 60_000, 1, '');
    expect(listing.countAt(300_000)).toBe(1);
    listing.add(310_000, 1, 'page=2');
    listing.add(320_000, 1, undefined);
    listing.add(321_000, 1, undefined);
    expect(listing.countAt(330_000)).toBe(4);
    listing.read = true;
    listing.add(500_000, 1, 'page=2');
    expect(listing.countAt(500_000)).toBe(5);
  });
});

describe('windows of walks', () => {
  it('keep the most of two neighbouring spans that are over', () => {
    const spans = new Spans(10);
    for (const [at, n] of [[0, 3], [10, 5], [20, 1], [60, 2], [70, 2]] as const) spans.add(at, n, true); // prettier-ignore
    expect([spans.sum, spans.most]).toEqual([4, 8]);
  });

  it('learn nothing while held', () => {
    const spans = new Spans(10);
    spans.add(0, 500, false);
    spans.add(10, 1, false);
    spans.add(20, 1, false);
    expect(spans.most).toBe(0);
  });

  it('count what was new in a run, and know it as a habit once it stands still', () => {
    const run = new Run();
    for (let i = 0; i < 30; i++) run.add(100 + i, i * 1_000, 10, true, i % 3 > 0);
    expect([run.length, run.fresh, run.longest]).toEqual([30, 20, 0]);
    run.settle(1_800_000, true);
    expect(run.longest).toBe(0);
    run.settle(3_700_000, true);
    expect(run.longest).toBe(30);
  });

  it('do not take jumps for a run, and remember the longest one', () => {
    const run = new Run();
    for (let i = 0; i < 30; i++) run.add(100 + i, i * 1_000, 10, true);
    expect(run.length).toBe(30);
    for (let i = 0; i < 200; i++) run.add((i * 7_919) % 100_003, 40_000 + i * 1_000, 10, true);
    expect(run.length).toBeLessThan(10);
    expect(run.longest).toBe(30);
  });
});
