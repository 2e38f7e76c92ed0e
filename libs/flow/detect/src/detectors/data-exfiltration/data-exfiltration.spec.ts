import { describe, expect, it } from '@jest/globals';
import { consumer, DAY, findingsOf, habit, HOUR, reads, START } from '../../objects/testing/object-traffic.ts';
import { DATA_EXFILTRATION } from './data-exfiltration.definition.ts';

const found = (...events: Parameters<typeof findingsOf>[1][]) => findingsOf(DATA_EXFILTRATION, events.flat());
const take = (mib: number, from: number, overrides = {}) =>
  reads(40, from, 30_000, (i) => i, { responseBytes: (mib * 1_048_576) / 40, ...overrides });

describe('data-exfiltration', () => {
  it('tells a hundred times its habit, with the figures', () => {
    const [first] = found(habit(3, START), take(200, START));
    expect(first?.expected.warmUp).toBe('provisional');
    expect(first?.explanation).toContain('took');
  });

  const exported = (mib: number, n: number, from: number) =>
    reads(n, from, 20_000, (i) => i, { pathTemplate: '/exports/{id}', responseBytes: mib * 1_048_576 });

  it('tells three exports of four MiB of who never took one, and neither two nor those of who takes them daily', () => {
    expect(found(habit(4, START), exported(4, 3, START))).not.toEqual([]);
    expect(found(habit(4, START), exported(5.5, 2, START))).toEqual([]);
    const daily = [4, 3, 2, 1].flatMap((day) => exported(0.3, 3, START - day * DAY));
    expect(found(habit(5, START), daily, exported(4, 3, START))).toEqual([]);
  });

  it('is silent below the floor, and on the export of each night', () => {
    expect(found(habit(3, START), take(30, START))).toEqual([]);
    expect(found(...[0, 1, 2, 3, 4].map((night) => take(300, START + night * DAY)))).toEqual([]);
  });

  it('holds who is not known against peers and a high floor only', () => {
    const peers = Array.from({ length: 8 }, (_, n) => take(2, START, consumer(n)));
    expect(found(...peers, take(2_000, START))).not.toEqual([]);
    expect(found(...peers, take(200, START))).toEqual([]);
    expect(found(take(2_000, START))).toEqual([]);
  });

  it('holds who was quiet for an hour against a lower floor, and not who begins so, nor where another takes a tenth of it', () => {
    const peers = Array.from({ length: 8 }, (_, n) => take(2, START, consumer(n)));
    const quiet = Array.from({ length: 12 }, (_, i) => reads(2, START - HOUR + i * 280_000, 1_000, (k) => k));
    expect(found(...peers, ...quiet, take(250, START))).not.toEqual([]);
    expect(found(...peers, ...quiet, take(150, START))).toEqual([]);
    expect(found(...peers, take(250, START))).toEqual([]);
    expect(found(...peers, ...quiet, take(30, START - HOUR / 2, consumer(3)), take(250, START))).toEqual([]);
  });

  it('holds who brings files as well as takes them, and is not known yet, against a limit four times as high', () => {
    const peers = Array.from({ length: 8 }, (_, n) => take(2, START, consumer(n)));
    const brought = (mib: number) =>
      reads(10, START - 20 * 60_000, 60_000, (i) => i, { method: 'POST', status: 201, requestBytes: mib * 104_858, responseBytes: 300 }); // prettier-ignore
    expect(found(...peers, brought(100), take(700, START))).toEqual([]);
    expect(found(...peers, brought(20), take(700, START))).not.toEqual([]);
    expect(found(...peers, brought(1_000), take(2_500, START))).not.toEqual([]);
  });

  it('lets a job take four times as much while it makes something of what it reads, and nobody who makes things all along', () => {
    const made = (from: number) => reads(20, from + 500, 60_000, (i) => i, { method: 'POST', status: 201, pathTemplate: '/invoices', path: '/invoices', responseBytes: 300 }); // prettier-ignore
    const job = [...take(120, START), ...made(START)].sort((a, b) => a.startedAt - b.startedAt);
    expect(found(habit(3, START), job)).toEqual([]);
    const always = Array.from({ length: 60 }, (_, hour) => made(START - (hour + 2) * HOUR)).flat();
    expect(found([...habit(3, START), ...always, ...job].sort((a, b) => a.startedAt - b.startedAt))).not.toEqual([]);
  });

  it('lets a new device fetch the pictures and films of its owner, and tells fifty times as many as of records', () => {
    const responseContentType = 'image/jpeg';
    expect(found(habit(3, START), take(2_000, START, { responseContentType }))).toEqual([]);
    expect(found(habit(3, START), take(20_000, START, { responseContentType }))).not.toEqual([]);
  });

  it('tells six hundred MiB of who was seen for a quarter of an hour before beside three others, and not beside two, nor of who begins so', () => {
    const peers = [1, 2, 3].map((n) => take(2, START - HOUR / 2, consumer(n)));
    const before = reads(8, START - HOUR / 3, 120_000, (k) => k);
    expect(found(...peers, before, take(620, START))).not.toEqual([]);
    expect(found(...peers.slice(1), before, take(620, START))).toEqual([]);
    expect(found(...peers, take(620, START))).toEqual([]);
  });

  it('tells one sync once, however long it stays in the window', () => {
    const trickle = reads(60, START + HOUR / 2, 60_000, (i) => i, { responseBytes: 2_000 });
    const times = found(habit(3, START), take(200, START), trickle).map(({ detectedAt }) => detectedAt);
    expect(times.length).toBeGreaterThan(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(START + HOUR / 2);
  });

  it('takes what three others did at an endpoint for the way it is used, and no other endpoint', () => {
    const phones = [1, 2, 3, 4, 5, 6].map((n) => [
      ...habit(3, START + n * 3 * HOUR, consumer(n)),
      ...take(80, START + n * 3 * HOUR, consumer(n)),
      // what it asks for besides is not where the bytes came from
      ...reads(20, START + n * 3 * HOUR + 5_000, 60_000, (i) => i, { ...consumer(n), path: `/home/${n}`, pathTemplate: `/home/${n}`, responseBytes: 900 }), // prettier-ignore
    ]);
    const thief = [
      ...habit(3, START + DAY, consumer(9)),
      ...take(80, START + DAY, { ...consumer(9), pathTemplate: '/invoices/{id}' }),
    ];
    const all = [...phones, thief].flat().sort((a, b) => a.startedAt - b.startedAt);
    expect(new Set(found(all).map(({ entity }) => entity.name))).toEqual(new Set(['consumer-1', 'consumer-2', 'consumer-3', 'consumer-9'])); // prettier-ignore
  });

  it('lets an address that calls itself a crawler take a large file, and not a crawl of ten times that, nor one with credentials', () => {
    const agent = { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' };
    const nobody = { consumerId: '', consumerName: '', credentialId: '', credentialFingerprint: '', ...agent };
    expect(found(habit(3, START, nobody), take(200, START, nobody))).toEqual([]);
    expect(found(habit(3, START, nobody), take(900, START, nobody))).not.toEqual([]);
    expect(found(habit(3, START, agent), take(200, START, agent))).not.toEqual([]);
  });
});
