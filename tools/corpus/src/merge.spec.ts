import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from './merge.ts';

describe('merge', () => {
  test('gives every item of every source, in order of time', () => {
    const source = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(source, { maxLength: 12 }), (lists) => {
        const sorted = lists.map((list) => [...list].sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
        const sources = sorted.map((list) => ({ at: list[0] ?? 0, open: () => list.map((at) => ({ at })) }));
        expect([...merge(sources)].map((one) => one.at)).toEqual(lists.flat().sort((a, b) => a - b));
      }),
    );
  });

  test('opens a source only when its time has come', () => {
    const opened: number[] = [];
    const source = (at: number) => ({
      at,
      open: () => {
        opened.push(at);
        return [{ at }, { at: at + 5 }];
      },
    });
    const merged = merge([source(0), source(3), source(100)]);
    for (let i = 0; i < 4; i++) merged.next();
    expect(opened).toEqual([0, 3]);
  });
});
