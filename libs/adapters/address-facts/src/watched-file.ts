import { open } from 'node:fs/promises';
import { PermanentError, TransientError } from '@outrider/platform/errors';

/** Content that is new, and when it was made. */
export interface NewContent {
  readonly bytes: Buffer;
  readonly contentAt: Date;
  /** Called once the content is in use, so that bad content is never kept. */
  accepted(): Promise<void>;
}

/** Where the content of a source comes from. */
export interface Feed {
  /**
   * The content when it is new; `same` when it was looked at and what is in use is the latest; undefined when it was not looked at, or is
   * what could not be used before. Throws when it cannot be had. `mayFetch` false: only what is on this machine.
   */
  next(now: number, mayFetch: boolean): Promise<NewContent | 'same' | undefined>;
  /** ms since epoch from which the content in use no longer counts. */
  staleAt(): number;
  /** When the content in use was made; undefined before the first. */
  contentAt(): Date | undefined;
}

/** A file, read again when its time, size or inode changed: written in place, or renamed over. */
export class WatchedFile implements Feed {
  #stamp = '';
  #inUse = '';
  #contentAt: Date | undefined;

  constructor(
    private readonly path: string,
    private readonly maxBytes: number,
  ) {}

  async next(): Promise<NewContent | 'same' | undefined> {
    const file = await open(this.path, 'r').catch((error: unknown) => {
      throw new TransientError('the file cannot be opened', codeOf(error), { cause: error });
    });
    try {
      const before = await file.stat();
      if (!before.isFile()) throw new PermanentError('not a file', 'not-a-file');
      const stamp = stampOf(before);
      if (stamp === this.#stamp) return stamp === this.#inUse ? 'same' : undefined;
      if (before.size > this.maxBytes) throw new PermanentError('the file is too large', 'too-large');
      const bytes = await file.readFile();
      // Somebody writes it now: the next look will find it done.
      if (stampOf(await file.stat()) !== stamp || bytes.length !== before.size)
        throw new TransientError('the file is being written', 'changing');
      // Even if its content turns out bad: it is not read again until it changes.
      this.#stamp = stamp;
      return {
        bytes,
        contentAt: before.mtime,
        accepted: () => {
          this.#inUse = stamp;
          this.#contentAt = before.mtime;
          return Promise.resolve();
        },
      };
    } finally {
      await file.close();
    }
  }

  staleAt(): number {
    return Infinity;
  }

  contentAt(): Date | undefined {
    return this.#contentAt;
  }
}

const stampOf = (stat: { readonly mtimeMs: number; readonly size: number; readonly ino: number }): string =>
  `${stat.mtimeMs}:${stat.size}:${stat.ino}`;

const CODES: Readonly<Record<string, string>> = { ENOENT: 'missing', EACCES: 'not-allowed', EPERM: 'not-allowed' };

/** By the code alone: an error of Node may be of another realm than ours. */
const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return CODES[code] ?? 'unreadable';
};
