import { mkdtempSync, rmSync, statSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyFolder } from './key-folder.ts';

describe('KeyFolder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'outrider-keys-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('makes a secret once, readable by its owner alone, and keeps it across starts', () => {
    const first = KeyFolder.of({ OUTRIDER_DATA: dir }).keep('ingest-token', undefined, 32, 'base64url');
    const second = KeyFolder.of({ OUTRIDER_DATA: dir }).keep('ingest-token', undefined, 32, 'base64url');
    expect(first.made).toBe(true);
    expect(second).toEqual({ value: first.value, made: false });
    expect(first.value).toHaveLength(43);
    expect(statSync(join(dir, 'keys', 'ingest-token')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, 'keys'))).toEqual(['ingest-token']);
  });

  it('stores nothing that was given to it', () => {
    expect(KeyFolder.of({ OUTRIDER_DATA: dir }).keep('secrets.key', 'given', 32, 'hex')).toEqual({
      value: 'given',
      made: false,
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('never hands out an empty secret: a folder that cannot be written is an error', () => {
    writeFileSync(join(dir, 'keys'), 'not a folder');
    expect(() => KeyFolder.of({ OUTRIDER_DATA: dir }).keep('ingest-token', undefined, 32, 'base64url')).toThrow();
  });

  it('writes whole secrets only: what is read back is what was made', () => {
    const { value } = KeyFolder.of({ OUTRIDER_DATA: dir }).keep('fingerprint.key', undefined, 32, 'hex');
    expect(readFileSync(join(dir, 'keys', 'fingerprint.key'), 'utf8').trim()).toBe(value);
    expect(value).toMatch(/^[0-9a-f]{64}$/);
  });
});
