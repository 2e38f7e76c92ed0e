import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MissingEngineError } from '../machine/missing-engine.error.ts';
import { addressOf, fileName, type Artifact, type Release } from './lock-file.ts';

export const REPOSITORY = 'https://repo1.maven.org/maven2';
const AT_ONCE = 6;
const ATTEMPTS = 4;
const DOWNLOAD_MS = 120_000;

/** Gives the bytes behind an address; rejects when it cannot be had. */
export type Fetch = (address: string) => Promise<Buffer>;

/**
 * The folder that holds every jar of `release`, downloaded once and checked against the lock file. It appears whole or not at all, so
 * that two processes may do this at once.
 */
export const jarFolder = async (
  release: Release,
  cache: string,
  log: (line: string) => void,
  fetchBytes: Fetch = download,
): Promise<string> => {
  const folder = join(cache, `kafka-${release.version}`);
  if (isComplete(folder, release)) return folder;
  const nursery = `${folder}.${process.pid}.new`;
  rmSync(nursery, { recursive: true, force: true });
  mkdirSync(nursery, { recursive: true });
  try {
    await fill(nursery, release, log, fetchBytes);
    place(nursery, folder, release);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
  return folder;
};

export const isComplete = (folder: string, release: Release): boolean => {
  if (!existsSync(folder)) return false;
  const present = new Set(readdirSync(folder));
  return release.artifacts.every((jar) => present.has(fileName(jar)));
};

export const classPath = (folder: string, release: Release): string =>
  release.artifacts.map((jar) => join(folder, fileName(jar))).join(':');

const fill = async (
  nursery: string,
  release: Release,
  log: (line: string) => void,
  fetchBytes: Fetch,
): Promise<void> => {
  const waiting = [...release.artifacts].sort((a, b) => b.bytes - a.bytes);
  const total = waiting.reduce((sum, jar) => sum + jar.bytes, 0);
  let done = 0;
  let announced = 0;
  log(`Kafka ${release.version}: downloading ${waiting.length} jars, ${megabytes(total)} …`);
  const worker = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar; jar = waiting.shift()) {
      writeFileSync(join(nursery, fileName(jar)), await fetchChecked(jar, fetchBytes));
      done += jar.bytes;
      if (done < total && done - announced < total / 4) continue;
      announced = done;
      log(`Kafka ${release.version}: ${megabytes(done)} of ${megabytes(total)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker)).catch((error: unknown) => {
    waiting.length = 0; // the other workers end with what they have begun
    throw error;
  });
};

const fetchChecked = async (jar: Artifact, fetchBytes: Fetch): Promise<Buffer> => {
  const address = addressOf(REPOSITORY, jar);
  for (let attempt = 1; ; attempt++) {
    try {
      const bytes = await fetchBytes(address);
      const refused = refusal(jar, bytes);
      if (refused === undefined) return bytes;
      throw new MissingEngineError(`${fileName(jar)}: ${refused}; nothing of it is used`);
    } catch (error) {
      if (error instanceof MissingEngineError) throw error;
      if (attempt === ATTEMPTS)
        throw new MissingEngineError(`Kafka's jars cannot be downloaded (${address}): ${reasonOf(error)}`, {
          cause: error,
        });
      await pause(150 * 2 ** attempt);
    }
  }
};

/** What is wrong with a downloaded jar; undefined when it is the one that the lock file names. */
export const refusal = (jar: Artifact, bytes: Buffer): string | undefined => {
  if (bytes.length !== jar.bytes) return `${bytes.length} bytes came, the lock file says ${jar.bytes}`;
  const sum = createHash('sha512').update(bytes).digest('hex');
  return sum === jar.sha512 ? undefined : `its sha512 ${sum.slice(0, 16)}… is not the lock file's`;
};

const place = (nursery: string, folder: string, release: Release): void => {
  try {
    renameSync(nursery, folder);
  } catch (error) {
    if (isComplete(folder, release)) return; // another process was first
    if (!existsSync(folder)) throw error;
    rmSync(folder, { recursive: true, force: true });
    renameSync(nursery, folder);
  }
};

const download: Fetch = async (address) => {
  const response = await fetch(address, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
};

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
};
