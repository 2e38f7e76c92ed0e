import { describe, expect, test } from '@jest/globals';
import { ATTACKS } from './attacks/catalogue.ts';
import { Corpus, type CorpusOptions } from './corpus.ts';
import { EVENTS } from './mood.ts';

const FROM = Date.parse('2026-09-07T00:00:00Z');
const OPTIONS: CorpusOptions = {
  seed: 5,
  from: FROM,
  days: 0.5,
  consumers: 16,
  scale: 1,
  events: new Set(EVENTS.filter((event) => event !== 'keyless')),
  attacks: [],
  strength: 'medium',
};

interface Entry {
  readonly started_at: number;
  readonly client_ip: string;
  readonly latencies: { readonly request: number };
  readonly request: { readonly id: string; readonly uri: string; readonly headers: Record<string, string> };
  readonly consumer?: { readonly id: string };
}

/** Entries are plain objects of a known shape: entry.ts has just made them. */
const asEntry = (entry: object): Entry => entry as Entry;
const entriesOf = (corpus: Corpus): Entry[] => [...corpus.entries()].map(({ entry }) => asEntry(entry));
const corpusOf = (changes: Partial<CorpusOptions> = {}): Corpus => new Corpus({ ...OPTIONS, ...changes });

describe('a corpus', () => {
  test('is the same to the byte for the same options, and another for another seed', () => {
    const text = (changes: Partial<CorpusOptions>): string => JSON.stringify(entriesOf(corpusOf(changes)));
    expect(text({})).toBe(text({}));
    expect(text({ seed: 6 })).not.toBe(text({}));
  });

  test('comes in the order in which requests end, as Kong sends them', () => {
    const ends = entriesOf(corpusOf()).map((entry) => entry.started_at + entry.latencies.request);
    const early = ends.filter((end, i) => end < (ends[i - 1] ?? 0) - 2); // both are rounded
    expect(ends.length).toBeGreaterThan(1000);
    expect(early).toEqual([]);
  });

  test('has the same other traffic whatever is planted', () => {
    const key = (entry: Entry): string => `${entry.started_at} ${entry.client_ip} ${entry.request.uri}`;
    const without = new Set(entriesOf(corpusOf()).map(key));
    const planted = corpusOf({ attacks: ['endpoint-probing'] });
    const left = entriesOf(planted).filter((entry) => !without.has(key(entry)));
    const [label] = planted.labels();
    expect(left).toHaveLength(label?.attackRequests ?? -1);
    expect(new Set(left.map((entry) => entry.client_ip))).toEqual(new Set([label?.entities[0]?.name]));
  });

  test('names each request once', () => {
    const ids = entriesOf(corpusOf()).map((entry) => entry.request.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('never shows the keys of consumers to those who have none', () => {
    const plain = entriesOf(corpusOf({ events: new Set(['keyless']) }));
    expect(plain.length).toBeGreaterThan(100);
    expect(plain.some((entry) => entry.consumer !== undefined && entry.request.headers['x-consumer-id'] !== undefined)).toBe(false); // prettier-ignore
  });
});

/** Where an attack sends nothing: lines of the estate that are gone, or tell another time. */
const changedLines = (entries: readonly Entry[]): number => {
  const left = new Set(entries.map((entry) => `${entry.started_at}|${entry.request.uri}|${entry.client_ip}`));
  const calm = entriesOf(corpusOf({ attacks: [], days: 1.1, consumers: 18, scale: 0.1 }));
  return calm.filter((entry) => !left.has(`${entry.started_at}|${entry.request.uri}|${entry.client_ip}`)).length;
};

describe('a label', () => {
  const quick = Object.entries(ATTACKS).filter(([, attack]) => (attack.days ?? 0) <= 1);

  test.each(quick.map(([name]) => name))('%s: tells when and by whom, and is larger when it is strong', (name) => {
    const sizes = (['weak', 'strong'] as const).map((strength) => {
      const corpus = corpusOf({ attacks: [name], strength, days: 1.1, consumers: 18, scale: 0.1 });
      const entries = entriesOf(corpus);
      const [label] = corpus.labels();
      if (label === undefined) throw new Error('no label');
      expect(label.type).toBe(ATTACKS[name]?.type);
      expect(label.to).toBeGreaterThanOrEqual(label.from);
      expect(label.times).toHaveLength(Math.min(label.attackRequests, 100_000));
      expect(label.entities.length).toBeGreaterThan(0);
      const times = new Set(entries.map((entry) => entry.started_at));
      expect(label.times.every((at) => times.has(at))).toBe(true);
      return label.attackRequests || changedLines(entries);
    });
    expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
  });
});
