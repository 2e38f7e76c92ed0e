import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MissingEngineError } from '../machine/missing-engine.error.ts';
import { jarFolder, type Fetch } from './jars.ts';
import type { Release } from './lock-file.ts';

const quiet = (): void => undefined;
const bytesOf = (name: string): Buffer => Buffer.from(`the jar ${name}`);

const RELEASE: Release = {
  version: '4.0.0',
  artifacts: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((artifact) => ({
    group: 'org.example',
    artifact,
    version: '1',
    bytes: bytesOf(artifact).length,
    sha512: createHash('sha512').update(bytesOf(artifact)).digest('hex'),
  })),
};

const nameIn = (address: string): string => /\/([a-z])-1\.jar$/.exec(address)?.[1] ?? '';

describe('the jars', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'outrider-jars-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const serving = (change: (name: string) => Buffer = bytesOf) =>
    jest.fn<Fetch>((address) => Promise.resolve(change(nameIn(address))));

  it('are downloaded once, each to its file, and found again without asking anybody', async () => {
    const fetchBytes = serving();
    const folder = await jarFolder(RELEASE, cache, quiet, fetchBytes);
    expect(readFileSync(join(folder, 'c-1.jar'), 'utf8')).toBe('the jar c');
    expect(await jarFolder(RELEASE, cache, quiet, fetchBytes)).toBe(folder);
    expect(fetchBytes).toHaveBeenCalledTimes(RELEASE.artifacts.length);
    expect(readdirSync(cache)).toEqual(['kafka-4.0.0']);
  });

  it.each([
    ['one letter is another', (name: string) => Buffer.from(`the jar ${name === 'd' ? 'x' : name}`), /sha512/],
    ['the end is missing', (name: string) => bytesOf(name).subarray(0, name === 'd' ? 3 : undefined), /3 bytes came/],
  ])('are all refused when of a single one %s, and nothing stays', async (_, change, why) => {
    const refused = jarFolder(RELEASE, cache, quiet, serving(change));
    await expect(refused).rejects.toThrow(MissingEngineError);
    await expect(refused).rejects.toThrow(why);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('are asked for again after a failure of the network', async () => {
    let failures = 2;
    const fetchBytes: Fetch = (address) =>
      nameIn(address) === 'b' && failures-- > 0
        ? Promise.reject(new Error('status 503'))
        : Promise.resolve(bytesOf(nameIn(address)));
    const folder = await jarFolder(RELEASE, cache, quiet, fetchBytes);
    expect(existsSync(join(folder, 'b-1.jar'))).toBe(true);
  });

  it('that cannot be had at all are named with the reason', async () => {
    const fetchBytes: Fetch = () => Promise.reject(new Error('no route'));
    await expect(jarFolder(RELEASE, cache, quiet, fetchBytes)).rejects.toThrow(/cannot be downloaded .*no route/);
  });

  it('serve two processes that download at once', async () => {
    const folders = await Promise.all([1, 2].map(() => jarFolder({ ...RELEASE }, cache, quiet, serving())));
    expect(new Set(folders).size).toBe(1);
    expect(readdirSync(folders[0] ?? '')).toHaveLength(RELEASE.artifacts.length);
  });
});
