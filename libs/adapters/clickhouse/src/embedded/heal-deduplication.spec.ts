import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { healDeduplication } from './heal-deduplication.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-heal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('strikes out notes of parts that were never stored, and keeps those of parts that stand or were merged', () => {
  const table = join(dir, 'store', 'abc', 'abc-def');
  const log = join(table, 'deduplication_logs', 'deduplication_log_1.txt');
  mkdirSync(join(table, 'deduplication_logs'), { recursive: true });
  for (const part of ['20260105_1_4_2', '20260105_5_5_0', '20260112_3_3_0_9', 'tmp_insert_20260105_6_6_0', 'detached'])
    mkdirSync(join(table, part));
  const stored = [
    '1\t20260105_2_2_0\tA',
    '1\t20260105_5_5_0\tB',
    '1\t20260112_3_3_0\tC',
    '2\t20250101_9_9_0\tD',
    'something else',
  ];
  writeFileSync(log, [...stored, '1\t20260105_6_6_0\tE', '1\t20260119_1_1_0\tF', ''].join('\n'));
  expect(healDeduplication(dir)).toBe(2);
  expect(readFileSync(log, 'utf8')).toBe([...stored, ''].join('\n'));
  expect(healDeduplication(dir)).toBe(0);
});

it('has nothing to do in a new folder', () => {
  expect(healDeduplication(dir)).toBe(0);
});
