import { describe, expect, it } from '@jest/globals';
import { anonymousAt, DAY, findingsOf, reads, START } from '../../objects/testing/object-traffic.ts';
import { SEQUENTIAL_CRAWLING } from '../sequential-crawling/sequential-crawling.definition.ts';
import { SCRAPING } from './scraping.definition.ts';

const scattered = (i: number): number => (i * 7_919) % 100_003;
const visit = (n: number, from: number, id: (i: number) => number, userAgent = 'python-requests/2.31.0') =>
  Array.from({ length: n }, (_, i) => anonymousAt(from + i * 9_000, { path: `/products/${id(i)}`, pathTemplate: '/products/{id}', userAgent })); // prettier-ignore
const found = (events: Parameters<typeof findingsOf>[1]) => findingsOf(SCRAPING, events);

describe('scraping', () => {
  it('tells an address that reads six hundred products once each', () => {
    expect(found(visit(600, START, scattered))).not.toEqual([]);
  });

  const shoppers = Array.from({ length: 30 }, (_, n) =>
    visit(9, START - DAY / 2 + n * 600_000, (i) => scattered(n * 9 + i), 'Mozilla/5.0').map((event) => ({ ...event, clientIp: `198.51.100.${n}` }))).flat(); // prettier-ignore
  const quick = (n: number, ip: string) =>
    visit(n, START, (i) => scattered(1_000 + i)).map((event, i) => ({
      ...event,
      startedAt: START + i * 700,
      clientIp: ip,
    }));

  it('tells within a minute and a half who reads ten times as many as all others, and asks for nothing else', () => {
    const [first] = found([...shoppers, ...quick(200, '203.0.113.9')]);
    expect((first?.detectedAt ?? Infinity) - START).toBeLessThanOrEqual(90_000);
    expect(first?.explanation).toContain('asked for nothing else');
  });

  it('is silent on a price tool that refreshes a hundred products in a minute', () => {
    expect(found([...shoppers, ...quick(110, '203.0.113.9')])).toEqual([]);
    expect(found([...shoppers, ...quick(130, '203.0.113.9')])).not.toEqual([]);
  });

  it('is silent at a stroke on who goes from id to id and was told for that', () => {
    const walk = quick(200, '203.0.113.9').map((event, i) => ({ ...event, path: `/products/${5_000 + i}` }));
    const beside = findingsOf(SCRAPING, [...shoppers, ...walk], [SEQUENTIAL_CRAWLING]);
    expect(beside).toEqual([]);
    expect(found([...shoppers, ...walk])).not.toEqual([]);
  });

  it('is silent on it where nobody else is known, after a list, and where four others do the same', () => {
    expect(found(quick(200, '203.0.113.9'))).toEqual([]);
    const list = anonymousAt(START - 1_000, {
      path: '/products',
      pathTemplate: '/products',
      clientIp: '203.0.113.9',
      responseBytes: 40_000,
    });
    expect(found([...shoppers, list, ...quick(130, '203.0.113.9')])).toEqual([]);
    expect(found([...shoppers, { ...list, responseBytes: 900 }, ...quick(130, '203.0.113.9')])).not.toEqual([]);
    const all = [1, 2, 3, 4].flatMap((n) => quick(200, `203.0.113.${n}`));
    expect(found([...shoppers, ...all])).toEqual([]);
  });

  it('is silent on an office behind one address, where many look at the same products', () => {
    expect(found(visit(2_400, START, (i) => scattered(i % 3 === 0 ? i : (i * 13) % 40)))).toEqual([]);
  });

  it('is silent on a crowd behind one address that asks for many other things as well', () => {
    const others = Array.from({ length: 2_000 }, (_, i) => anonymousAt(START + i * 4_500, { path: `/pages/${i % 40}`, pathTemplate: '/pages/{id}' })); // prettier-ignore
    expect(found([...visit(600, START, scattered), ...others].sort((a, b) => a.startedAt - b.startedAt))).toEqual([]);
  });

  it('is silent on an office in the evening, when hardly anything else is asked for', () => {
    const others = Array.from({ length: 6_000 }, (_, i) => anonymousAt(START + i * 700, { path: `/pages/${i % 40}`, pathTemplate: '/pages/{id}' })); // prettier-ignore
    expect(found([...visit(520, START, scattered), ...others].sort((a, b) => a.startedAt - b.startedAt))).toEqual([]);
  });

  it('is silent on a crawler that says whose it is, and tells a toolkit', () => {
    expect(found(visit(900, START, scattered, 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)'))).toEqual([]); // prettier-ignore
    expect(found(visit(900, START, scattered, 'Scrapy/2.11 (+https://scrapy.org)'))).not.toEqual([]);
  });

  it('is silent on a monthly run that makes something of each customer, and tells one that only reads them', () => {
    const days = Array.from({ length: 40 }, (_, i) => reads(3, START - (41 - i) * 3_600_000, 9_000, (k) => scattered(i * 3 + k))).flat(); // prettier-ignore
    const run = reads(800, START, 3_000, (i) => scattered(5_000 + i));
    const made = reads(800, START + 900, 3_000, () => 0, { method: 'POST', status: 201, pathTemplate: '/invoices', path: '/invoices' }); // prettier-ignore
    expect(found([...days, ...run])).not.toEqual([]);
    expect(found([...days, ...[...run, ...made].sort((a, b) => a.startedAt - b.startedAt)])).toEqual([]);
  });

  it('is silent on the first full synchronisation of a consumer', () => {
    expect(found(reads(2_000, START, 500, scattered))).toEqual([]);
  });

  it('does not tell again when a single new object follows half a day later', () => {
    const late = found([...visit(600, START, scattered), ...visit(1, START + DAY / 2, () => 999_999)]);
    expect(late.every(({ detectedAt }) => detectedAt < START + DAY / 4)).toBe(true);
  });
});

describe('a collection that is copied through proxies', () => {
  const HOURS = 6;
  /** Visitors with a few products each, of nine hundred. */
  const visitors = (n = 1_500) =>
    Array.from({ length: n }, (_, i) => anonymousAt(START + Math.floor((i * HOURS * 3_600_000) / n), { clientIp: `203.0.${i % 200}.${i % 7}`, path: `/products/${((i * 7_919) % 900) + 1}`, pathTemplate: '/products/{id}' })); // prettier-ignore
  const proxied = (n: number, everyMs: number) =>
    Array.from({ length: n }, (_, i) => anonymousAt(START + 3 * 3_600_000 + i * everyMs, { clientIp: `198.51.${i % 100}.${i % 250}`, path: `/products/${i + 1}`, pathTemplate: '/products/{id}' })); // prettier-ignore
  const inOrder = (...parts: Parameters<typeof findingsOf>[1][]) =>
    found(parts.flat().sort((a, b) => a.startedAt - b.startedAt)).map(({ entity }) => entity.name);

  it('is told of the endpoint, whatever the addresses', () => {
    expect(new Set(inOrder(visitors(), proxied(300, 4_000)))).toEqual(new Set(['GET /products/{id}']));
  });

  it('is not what visitors do, however many', () => {
    expect(inOrder(visitors(40_000))).toEqual([]);
  });

  it('is not what happens to new objects: each is read first by whoever made it', () => {
    const orders = Array.from({ length: 400 }, (_, i) => anonymousAt(START + i * 5_000, { clientIp: `203.0.${i % 200}.${i % 7}`, path: `/orders/${i + 1}`, pathTemplate: '/orders/{id}' })); // prettier-ignore
    expect(inOrder(orders)).toEqual([]);
  });
});
