import { describe, expect, it } from '@jest/globals';
import {
  anonymousAt,
  at,
  consumer,
  DAY,
  findingsOf,
  habit,
  HOUR,
  reads,
  START,
} from '../../objects/testing/object-traffic.ts';
import { SEQUENTIAL_CRAWLING } from './sequential-crawling.definition.ts';

const told = (events: Parameters<typeof findingsOf>[1]): number => findingsOf(SEQUENTIAL_CRAWLING, events).length;
const pages = (n: number, from: number, userAgent = 'python-requests/2.31.0') =>
  Array.from({ length: n }, (_, i) =>
    anonymousAt(from + i * 3_000, { path: '/shop', pathTemplate: '/shop', query: `page=${i + 1}`, userAgent }),
  );

describe('sequential-crawling', () => {
  it.each<[string, (i: number) => number]>([
    ['upwards', (i) => 1001 + i],
    ['downwards', (i) => 5000 - i],
    ['in steps of three', (i) => 100 + 3 * i],
    ['with some left out', (i) => 100 + i + Math.floor(i / 7)],
  ])('tells forty ids in a row %s', (_name, id) => {
    expect(told(reads(40, START, 4_000, id))).toBeGreaterThan(0);
  });

  it('tells a run that other reads interrupt', () => {
    const other = reads(12, START + 500, 13_000, (i) => 900_000 + i * 777);
    expect(told([...reads(60, START, 3_000, (i) => 1001 + i), ...other])).toBeGreaterThan(0);
  });

  it('is silent on who follows a feed of what is new all day, whatever collection it names, and tells one that asks the feed once, or gets nothing from it', () => {
    const feed = (i: number, responseBytes: number, query = 'after=12345&limit=50') => at(START + i * 20_000, { path: '/feed', pathTemplate: '/feed', query, responseBytes }); // prettier-ignore
    const read = reads(400, START + 200, 4_000, (i) => 1001 + i);
    const follow = (responseBytes: number, query?: string) => [...Array.from({ length: 80 }, (_, i) => feed(i, responseBytes, query)), ...read]; // prettier-ignore
    expect(told(follow(3_000))).toBe(0);
    expect(told([feed(0, 3_000), ...read])).toBeGreaterThan(0);
    expect(told(follow(320))).toBeGreaterThan(0);
    expect(told(follow(3_000, 'sort=text:4'))).toBeGreaterThan(0);
  });

  it('is silent on a belt that writes to each parcel that it reads, and tells who read for days and never wrote', () => {
    const read = reads(90, START, 3_000, (i) => 1001 + i);
    const write = read.map((event) => at(event.startedAt + 90, { ...event, startedAt: event.startedAt + 90, id: `${event.id}-w`, method: 'PUT', path: `${event.path}/events`, pathTemplate: '/orders/{id}/events' })); // prettier-ignore
    expect(told([...read, ...write])).toBe(0);
    expect(told([...read, ...write.slice(0, 30)])).toBeGreaterThan(0);
    expect(told([...habit(3, START), ...read, ...write])).toBeGreaterThan(0);
  });

  it('tells ids in the query', () => {
    const events = reads(40, START, 3_000, () => 1).map((event, i) => ({ ...event, path: '/orders', pathTemplate: '/orders', query: `order_id=${100 + i}` })); // prettier-ignore
    expect(told(events)).toBeGreaterThan(0);
  });

  it('is silent on ids in a row that a list named, and tells them when some are not there, or the list is long ago', () => {
    const list = (at: number) => reads(1, at, 1_000, () => 1, { pathTemplate: '/orders', path: '/orders', responseBytes: 4_000 }); // prettier-ignore
    const run = reads(40, START, 4_000, (i) => 1001 + i);
    const gaps = run.map((event, i) => (i % 9 === 8 ? { ...event, status: 404 } : event));
    expect(told([...list(START - 10_000), ...run])).toBe(0);
    expect(told([...list(START - 10_000), ...gaps])).toBeGreaterThan(0);
    expect(told([...list(START - 300_000), ...run])).toBeGreaterThan(0);
    expect(told([...list(START - 300_000), ...list(START - 60_000), ...run])).toBe(0);
  });

  it('is silent on what the caller created itself, and tells as many ids after one creation, or a list too short to name them unless right after it', () => {
    const create = (n: number) => reads(n, START - 100_000, 1_000, () => 1, { method: 'POST', status: 201, pathTemplate: '/orders', path: '/orders' }); // prettier-ignore
    const run = reads(40, START, 4_000, (i) => 1001 + i);
    expect(told([...create(40), ...run])).toBe(0);
    expect(told([...create(40), ...run.map((event) => ({ ...event, startedAt: event.startedAt + HOUR / 2, receivedAt: event.startedAt + HOUR / 2 }))])).toBe(0); // prettier-ignore
    expect(told([...create(1), ...run])).toBeGreaterThan(0);
    const short = (secondsBefore: number, query = '') => reads(1, START - secondsBefore * 1_000, 1_000, () => 1, { pathTemplate: '/orders', path: '/orders', query, responseBytes: 700 }); // prettier-ignore
    expect(told([...short(100), ...run])).toBeGreaterThan(0);
    expect(told([...short(10), ...run])).toBeGreaterThan(0);
    expect(told([...short(10), ...run.slice(0, 30)])).toBe(0);
    expect(told([...short(10, 'limit=50&page=1'), ...run])).toBe(0);
    expect(told([...short(10, 'limit=20'), ...run])).toBeGreaterThan(0);
  });

  it('tells a run after a list that was asked for again and again, and is silent when each time something of it was read', () => {
    const polled = (ids: boolean) =>
      Array.from({ length: 6 }, (_, i) => [
        ...reads(1, START - 780_000 + i * 120_000, 1_000, () => 1, { pathTemplate: '/orders', path: '/orders', responseBytes: 900 }), // prettier-ignore
        ...(ids ? reads(1, START - 770_000 + i * 120_000, 1_000, () => 500_000 + i * 50) : []),
      ]).flat();
    const run = reads(40, START, 4_000, (i) => 1001 + i);
    expect(told([...polled(false), ...run])).toBeGreaterThan(0);
    expect(told([...polled(true), ...run])).toBe(0);
  });

  it('tells a collection that is walked through at regular times once, at medium, whatever the address', () => {
    const times = Array.from({ length: 6 }, (_, i) => reads(120, START + i * 2 * HOUR, 2_000, (n) => 1 + n, { clientIp: `198.51.100.${i}` })); // prettier-ignore
    const findings = findingsOf(SEQUENTIAL_CRAWLING, times.flat());
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['medium']));
    expect(findings.every(({ detectedAt }) => detectedAt < START + HOUR)).toBe(true);
  });

  it('learns the run of a job that comes from another address each time, with other ids', () => {
    const times = Array.from({ length: 6 }, (_, i) => reads(60, START + i * 3 * HOUR, 2_000, (n) => 1 + i * 60 + n, { clientIp: `198.51.100.${i}` })); // prettier-ignore
    const findings = findingsOf(SEQUENTIAL_CRAWLING, times.flat());
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.every(({ detectedAt }) => detectedAt < START + HOUR)).toBe(true);
  });

  it('is silent on a person who works from item to item, and tells the same of a tool, and a person who is quicker than that', () => {
    const walk = (everyMs: number, userAgent: string) => told(reads(120, START, everyMs, (i) => 8_000 + i, { userAgent })); // prettier-ignore
    const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36'; // prettier-ignore
    expect(walk(18_000, chrome)).toBe(0);
    expect(walk(18_000, 'acme-java/3.2.1')).toBeGreaterThan(0);
    expect(walk(6_000, chrome)).toBeGreaterThan(0);
  });

  it('tells a slow run that is denied on the way, and is silent on one that is not', () => {
    const slow = (denied: number) =>
      reads(40, START, 200_000, (i) => 1001 + i).map((event, i) => (i % 10 < denied ? { ...event, status: 403 } : event)); // prettier-ignore
    expect(told(slow(4))).toBeGreaterThan(0);
    expect(told(slow(0))).toBe(0);
    expect(told(slow(1))).toBe(0);
  });

  it('tells high who breaks with its habits', () => {
    const findings = findingsOf(SEQUENTIAL_CRAWLING, [...habit(2, START), ...reads(120, START, 2_000, (n) => 1 + n)]);
    expect(findings.at(-1)?.severity).toBe('high');
  });

  it('is silent on ids without order, and on ids that a client gives to what it writes', () => {
    expect(told(reads(300, START, 1_000, (i) => (i * 7_919) % 100_003))).toBe(0);
    expect(told(reads(100, START, 1_000, (i) => 1001 + i, { method: 'PUT' }))).toBe(0);
  });

  it('is silent on the second run of a job that reads in order', () => {
    const run = (from: number) => reads(100, from, 1_000, (i) => 1001 + i);
    const findings = findingsOf(SEQUENTIAL_CRAWLING, [...run(START), ...run(START + DAY), ...run(START + 2 * DAY)]);
    expect(findings.every(({ detectedAt }) => detectedAt < START + HOUR)).toBe(true);
  });

  describe('ids of one region out of their order', () => {
    const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'; // prettier-ignore
    /** Every number below `n` once, as parallel connections bring them: blocks of twenty turned around. */
    const turned = (i: number): number => 1000 + 20 * Math.floor(i / 20) + 19 - (i % 20);
    /** Every number below 400 once, all over the place. */
    const shuffled = (i: number): number => 1000 + ((i * 171) % 400);
    const list = (responseBytes: number) => reads(1, START - 5_000, 1_000, () => 1, { pathTemplate: '/orders', path: '/orders', responseBytes }); // prettier-ignore

    it('are told of a tool within sixty, of a browser that reads more than a screen shows, and all over the place', () => {
      expect(told(reads(60, START, 5, (i) => turned(i ^ 1)))).toBeGreaterThan(0);
      expect(told(reads(400, START, 5, (i) => turned(i ^ 1), { userAgent: chrome }))).toBeGreaterThan(0);
      expect(told(reads(400, START, 400, shuffled))).toBeGreaterThan(0);
    });

    it('are told after days of other objects and between reads elsewhere', () => {
      const elsewhere = reads(10, START, 40, (i) => 900_000 + i * 7_777);
      expect(told([...habit(2, START), ...reads(100, START, 5, (i) => turned(i ^ 1)), ...elsewhere])).toBeGreaterThan(
        0,
      );
    });

    it('are let pass where a screen loads sixty, with credentials and without, and a page its pictures', () => {
      const screen = { userAgent: chrome };
      const odd = (i: number): number => 1000 + ((i * 37) % 60);
      expect(told(reads(60, START, 20, odd, screen))).toBe(0);
      const open = Array.from({ length: 200 }, (_, i) => anonymousAt(START + i * 20, { path: `/orders/${1000 + ((i * 87) % 200)}`, userAgent: chrome })); // prettier-ignore
      expect(told(open)).toBe(0);
      expect(told(reads(400, START, 5, shuffled, { responseContentType: 'image/webp' }))).toBe(0);
    });

    it('are let pass where a list named them, and told where it was too short', () => {
      const walk = reads(100, START, 20, (i) => 1000 + ((i * 37) % 100));
      expect(told([...list(6_000), ...walk])).toBe(0);
      expect(told([...list(500), ...walk])).toBeGreaterThan(0);
    });

    it('are let pass of who asks for the same ones again, for every third of a region, and slowly', () => {
      const again = reads(600, START, 100, (i) => 1000 + ((i * i * 31 + i * 7) % 97));
      expect(told(again)).toBe(0);
      expect(told(reads(300, START, 100, (i) => 1000 + 3 * ((i * 37) % 300) + ((i * i) % 3)))).toBe(0);
      expect(told(reads(60, START, 12_000, (i) => 1000 + ((i * 37) % 60)))).toBe(0);
    });

    it('are let pass below other ids each time: tiles of a map, lines of orders', () => {
      const tiles = reads(200, START, 20, () => 1).map((event, i) => ({ ...event, path: `/tiles/12/${2_000 + (i % 14)}/${1_000 + Math.floor(i / 14)}`, pathTemplate: '/tiles/{id}/{id}/{id}' })); // prettier-ignore
      expect(told(tiles)).toBe(0);
    });

    it('of a job of each night are told of the first night alone', () => {
      const nights = [0, 1, 2].flatMap((night) => reads(300, START + night * DAY, 20, (i) => 1000 + night * 300 + ((i * 37) % 300))); // prettier-ignore
      const findings = findingsOf(SEQUENTIAL_CRAWLING, nights);
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.every(({ detectedAt }) => detectedAt < START + HOUR)).toBe(true);
    });
  });

  describe('pages of who has credentials', () => {
    const turned = (who: number, n: number, from: number) =>
      Array.from({ length: n }, (_, i) => at(from + i * 3_000, { path: '/orders', pathTemplate: '/orders', query: `page=${i + 1}`, ...consumer(who) })); // prettier-ignore
    const others = (depth: number) =>
      Array.from({ length: 10 }, (_, n) => turned(n + 10, depth, START - HOUR + n * 60_000)).flat();
    const known = [2, 1].flatMap((days) => turned(1, 4, START - days * DAY));

    it('are told from sixty on of who is known, where ten others turn a few', () => {
      expect(told([...known, ...others(5), ...turned(1, 70, START)])).toBeGreaterThan(0);
    });

    it('are let pass of who is new, up to there, where others turn many, and where few others are known', () => {
      expect(told([...others(5), ...turned(1, 300, START)])).toBe(0);
      expect(told([...known, ...others(5), ...turned(1, 50, START)])).toBe(0);
      expect(told([...known, ...others(30), ...turned(1, 140, START)])).toBe(0);
      expect(told(turned(1, 300, START))).toBe(0);
    });

    it('are told from thirty on of who turned three or four for days, but as little', () => {
      const days = [5, 4, 3, 2, 1].flatMap((n) => turned(1, 3, START - n * DAY));
      const findings = findingsOf(SEQUENTIAL_CRAWLING, [...days, ...others(4), ...turned(1, 34, START)]);
      expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['low']));
      expect(told([...days, ...others(8), ...turned(1, 34, START)])).toBe(0);
    });

    it('by marks are told as by numbers, and a feed that is followed from the first day, or waited for, is not', () => {
      const marked = (n: number, from: number, everyMs: number, responseBytes = 20_000) =>
        Array.from({ length: n }, (_, i) => at(from + i * everyMs, { path: '/orders', pathTemplate: '/orders', query: i === 0 ? '' : 'cursor=text:24', responseBytes, ...consumer(1) })); // prettier-ignore
      const days = [2, 1].flatMap((n) => marked(3, START - n * DAY, 3_000));
      expect(told([...days, ...others(5), ...marked(80, START, 3_000)])).toBeGreaterThan(0);
      expect(told([...days, ...others(5), ...marked(80, START, 3_000, 600)])).toBe(0);
      expect(told([...others(5), ...marked(3_000, START - 2 * DAY, 50_000)])).toBe(0);
    });

    it('are let pass of an integration that reads what they list', () => {
      const details = reads(140, START, 1_500, (i) => (i * 7_919) % 100_003, consumer(1));
      const synchronised = [...turned(1, 70, START), ...details].sort((a, b) => a.startedAt - b.startedAt);
      const pagesTold = (events: Parameters<typeof findingsOf>[1]) =>
        findingsOf(SEQUENTIAL_CRAWLING, events).filter(({ explanation }) => explanation.includes(' pages of ')).length;
      expect(pagesTold([...known, ...others(5), ...turned(1, 70, START)])).toBeGreaterThan(0);
      expect(pagesTold([...known, ...others(5), ...synchronised])).toBe(0);
    });
  });

  it('tells who turns every page without credentials, and is silent on eight pages and on crawlers that say so', () => {
    expect(told(pages(120, START))).toBeGreaterThan(0);
    expect(told(pages(8, START))).toBe(0);
    expect(told(pages(120, START, 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'))).toBe(0);
  });
});
