import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

export interface Kept {
  readonly value: string;
  /** Made by this call: worth showing once. */
  readonly made: boolean;
}

/** The token of the default gateway for http-log, as a file of the folder, and its length. */
export const INGEST_TOKEN_FILE = 'ingest-token';
export const TOKEN_BYTES = 32;

/** Secrets that Outrider makes for itself at first start, each in a file of mode 0600 of one folder. */
export class KeyFolder {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Where `OUTRIDER_KEYS` says, else in the data folder. */
  static of(settings: { readonly OUTRIDER_DATA: string; readonly OUTRIDER_KEYS?: string | undefined }): KeyFolder {
    return new KeyFolder(resolve(settings.OUTRIDER_KEYS ?? join(settings.OUTRIDER_DATA, 'keys')));
  }

  /** The path that a person may read the secret from. */
  path(name: string): string {
    return join(this.#dir, name);
  }

  /** `given` if set, else what is kept under `name`, else a new one of `bytes` random bytes (written whole or not at all). */
  keep(name: string, given: string | undefined, bytes: number, encoding: 'hex' | 'base64url'): Kept {
    if (given !== undefined) return { value: given, made: false };
    const kept = this.#read(name);
    if (kept !== undefined) return { value: kept, made: false };
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const temporary = join(this.#dir, `.${name}.${randomBytes(8).toString('hex')}`);
    const file = openSync(temporary, 'w', 0o600);
    writeSync(file, `${randomBytes(bytes).toString(encoding)}\n`);
    fsyncSync(file);
    closeSync(file);
    try {
      return { value: this.#publish(temporary, name), made: true };
    } catch (error) {
      // Another process was first: then its secret counts.
      const theirs = codeOf(error) === 'EEXIST' ? this.#read(name) : undefined;
      if (theirs === undefined) throw error;
      return { value: theirs, made: false };
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** Gives the file its name; EEXIST when there is one. A file system without hard links gets a plain rename. */
  #publish(temporary: string, name: string): string {
    const value = readFileSync(temporary, 'utf8').trim();
    try {
      linkSync(temporary, this.path(name));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error;
      renameSync(temporary, this.path(name));
    }
    return value;
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(this.path(name), 'utf8').trim();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
