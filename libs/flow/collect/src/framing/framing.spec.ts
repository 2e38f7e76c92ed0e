import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordedLines } from '../testing/log-entry.ts';
import type { EntrySink } from './entry-sink.ts';
import { EntrySplitter } from './entry-splitter.ts';
import { LineFramer } from './line-framer.ts';
import { PartialBudget } from './partial-entry.ts';
import { ValueSplitter } from './value-splitter.ts';

const KIB = 1_024;

class Found implements EntrySink {
  readonly entries: Buffer[] = [];
  readonly tooLongBytes: number[] = [];
  readonly beginnings: Buffer[] = [];

  entry(bytes: Buffer, start: number, end: number): void {
    this.entries.push(Buffer.from(bytes.subarray(start, end)));
  }

  tooLong(beginning: Buffer, totalBytes: number): void {
    this.tooLongBytes.push(totalBytes);
    this.beginnings.push(beginning);
  }

  get texts(): string[] {
    return this.entries.map((bytes) => bytes.toString());
  }
}

const budget = () => new PartialBudget(64 * KIB * KIB);

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const points = [0, ...[...at].sort((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, i) => bytes.subarray(points[i], end));
};

describe('LineFramer', () => {
  it('gives the same lines however the stream was cut', () => {
    const lines = recordedLines('kong-3.9.3-tcp-log.ndjson').slice(0, 12);
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 60 }), (points) => {
        const found = new Found();
        const framer = new LineFramer(found, KIB * KIB, budget());
        for (const chunk of cut(bytes, points)) framer.push(chunk);
        framer.end();
        expect(found.entries.map((line) => line.toString('latin1'))).toEqual(
          lines.map((line) => line.toString('latin1')),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('byte by byte, with an over-long line in the midst, only that line is lost', () => {
    const found = new Found();
    const shared = budget();
    const framer = new LineFramer(found, 100, shared);
    for (const byte of Buffer.from(`one\n\n\r\n${'x'.repeat(5_000)}\ntwo\n${'y'.repeat(100)}\nlast`))
      framer.push(Buffer.from([byte]));
    framer.end();
    expect(found.texts).toEqual(['one', 'two', 'y'.repeat(100), 'last']);
    expect(found.tooLongBytes).toEqual([5_000]);
    expect(found.beginnings[0]?.toString()).toMatch(/^x{100,4096}$/);
    expect(shared.usedBytes).toBe(0);
  });

  it('an endless line costs no memory beyond the bound', () => {
    const shared = budget();
    const framer = new LineFramer(new Found(), KIB * KIB, shared);
    const chunk = Buffer.alloc(64 * KIB, 120);
    let most = 0;
    for (let i = 0; i < 1_000; i++) {
      framer.push(chunk);
      most = Math.max(most, shared.usedBytes);
    }
    expect(most).toBeLessThanOrEqual(KIB * KIB);
    expect(shared.usedBytes).toBeLessThanOrEqual(8 * KIB);
  });

  it('when all connections together hold too much, the line that asks for more is skipped and the others live on', () => {
    const shared = new PartialBudget(200 * KIB);
    const [good, greedy] = [new Found(), new Found()];
    const small = new LineFramer(good, KIB * KIB, shared);
    const large = new LineFramer(greedy, KIB * KIB, shared);
    small.push(Buffer.from('be'));
    for (let i = 0; i < 20; i++) large.push(Buffer.alloc(32 * KIB, 120));
    small.push(Buffer.from('gin\n'));
    large.push(Buffer.from('\nnext\n'));
    large.end();
    small.end();
    expect(good.texts).toEqual(['begin']);
    expect(greedy.texts).toEqual(['next']);
    expect(greedy.tooLongBytes).toEqual([640 * KIB]);
    expect(shared.usedBytes).toBe(0);
  });
});

describe('ValueSplitter', () => {
  it('gives the elements of arrays and objects however the stream was cut and laid out', () => {
    const values = [{ a: 'x]}",\\' }, { b: ['[', { c: '\\"' }] }, 5, 'te,xt', null, [1, [2]], {}];
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 30 }), fc.constantFrom(0, 2), (points, indent) => {
        const text = `${JSON.stringify(values, null, indent)}\n ${JSON.stringify({ d: 1 }, null, indent)}${JSON.stringify([{ e: 2 }])}`;
        const bytes = Buffer.from(text);
        const found = new Found();
        const splitter = new ValueSplitter(found, 1_000, budget());
        for (const chunk of cut(
          bytes,
          points.map((p) => Math.min(p, bytes.length)),
        ))
          splitter.push(chunk);
        splitter.end();
        expect(found.texts.map((t) => JSON.parse(t) as unknown)).toEqual([...values, { d: 1 }, { e: 2 }]);
      }),
      { numRuns: 200 },
    );
  });

  it('hands on what is unfinished, so that it is refused and not lost', () => {
    for (const [text, entries] of [
      ['[{"a":1},{"b":', ['{"a":1}', '{"b":']],
      ['[{"a":1}', ['{"a":1}', '[']],
      ['[', ['[']],
      ['[]', []],
      ['{"a":"', ['{"a":"']],
    ] as const) {
      const found = new Found();
      const splitter = new ValueSplitter(found, 1_000, budget());
      splitter.push(Buffer.from(text));
      splitter.end();
      expect(found.texts).toEqual(entries);
    }
  });

  it('an over-long element is skipped, its neighbours are kept', () => {
    const found = new Found();
    const splitter = new ValueSplitter(found, 100, budget());
    for (const chunk of cut(Buffer.from(`[{"a":1},{"x":"${'y'.repeat(5_000)}"},{"b":2}]`), [700, 2_000]))
      splitter.push(chunk);
    splitter.end();
    expect(found.texts).toEqual(['{"a":1}', '{"b":2}']);
    expect(found.tooLongBytes).toEqual([5_008]);
  });
});

describe('EntrySplitter', () => {
  const split = (text: string, options: { lines?: boolean; cutAt?: number[] } = {}): string[] => {
    const found = new Found();
    const splitter = new EntrySplitter(found, KIB * KIB, budget(), options.lines ?? false);
    for (const chunk of cut(Buffer.from(text), options.cutAt ?? [])) splitter.push(chunk);
    splitter.end();
    return found.texts.map((t) => t.replace(/\s+/g, ''));
  };

  it.each([
    ['one object', '{"a":1}', ['{"a":1}']],
    ['one indented object', '{\n  "a": [\n 1\n ]\n}\n', ['{"a":[1]}']],
    ['an array', '[{"a":1},{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['an indented array', '[\n  {\n "a": 1\n },\n {"b":2}\n]\n', ['{"a":1}', '{"b":2}']],
    ['lines', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['lines with a bad one', '{"a":1}\nnonsense\n{"b":2}', ['{"a":1}', 'nonsense', '{"b":2}']],
    ['lines of which the first is cut off', '{"a":1,"x\n{"b":2}\n', ['{"a":1,"x', '{"b":2}']],
    ['lines of arrays', '[{"a":1}]\n[{"b":2},{"c":3}]\n', ['{"a":1}', '{"b":2}', '{"c":3}']],
    ['an object, then a line with an array', '{"a":1}\n[{"b":2}]\n', ['{"a":1}', '{"b":2}']],
    ['a byte order mark', '\ufeff{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['nothing', '', []],
    ['white space', ' \n\t\r\n ', []],
  ])('%s, cut anywhere', (_what, text, expected) => {
    expect(split(text)).toEqual(expected);
    expect(split(text, { cutAt: Array.from({ length: Buffer.byteLength(text) }, (_, i) => i) })).toEqual(expected);
  });

  it('declared lines are lines', () => expect(split('{\n{"a":1}\n', { lines: true })).toEqual(['{', '{"a":1}']));
});
