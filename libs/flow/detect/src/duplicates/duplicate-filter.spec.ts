import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicateFilter } from './duplicate-filter.ts';
import { KnownSet } from './known-set.ts';

describe('DuplicateFilter', () => {
  const filter = (maxIds = 1_000_000) => new DuplicateFilter({ horizonMs: 900_000, maxIds });

  it('tells a first sighting, a re-delivery of the same message and a duplicate apart', () => {
    const f = filter();
    expect(f.see('default:a', 7, 0)).toBe('first');
    expect(f.see('default:a', 7, 10)).toBe('redelivered');
    expect(f.see('default:a', 8, 20)).toBe('duplicate');
    expect(f.see('other:a', 9, 30)).toBe('first');
  });

  it('remembers an id for the whole horizon, across one change of generation', () => {
    const f = filter();
    f.see('g:first', 1, 0);
    f.see('g:late', 2, 899_000);
    f.see('g:rotates', 3, 900_000);
    expect(f.see('g:late', 4, 1_790_000)).toBe('duplicate');
  });

  it('stays within its bound and keeps at least half of the bound', () => {
    const f = filter(10_000);
    for (let i = 0; i < 50_000; i++) f.see(`g:${i}`, i, 0);
    expect(f.size).toBeLessThanOrEqual(10_000);
    for (let i = 45_001; i < 50_000; i++) expect(f.see(`g:${i}`, -1, 0)).toBe('duplicate');
  });

  it('agrees with a plain set on any sequence', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (ids) => {
        const f = filter();
        const seen = new Set<string>();
        ids.forEach((id, i) => {
          expect(f.see(id, i, i)).toBe(seen.has(id) ? 'duplicate' : 'first');
          seen.add(id);
        });
      }),
    );
  });

  it('makes no false duplicate among 200,000 request ids', () => {
    const f = filter();
    let first = 0;
    for (let i = 0; i < 200_000; i++)
      if (f.see(`default:${(i * 2654435761).toString(16).padStart(32, '0')}`, i, 0) === 'first') first++;
    expect(first).toBe(200_000);
  });
});

describe('KnownSet', () => {
  it('knows what it was shown and nothing else, within its bound', () => {
    const set = new KnownSet(1000);
    for (let i = 0; i < 5000; i++) set.add(`k${i}`);
    expect(set.has('k4999')).toBe(true);
    expect(set.has('k0')).toBe(false);
    expect(set.has('never')).toBe(false);
  });
});
