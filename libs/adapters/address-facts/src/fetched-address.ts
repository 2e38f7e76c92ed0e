import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { TransientError } from '@outrider/platform/errors';
import type { OutboundDownloads } from '@outrider/ports/outbound-http';
import { MAX_LIST_BYTES } from './bounds.ts';
import type { Feed, NewContent } from './watched-file.ts';

const FETCH_TIMEOUT_MS = 120_000;
/** After a failure, unless the schedule is shorter. */
const RETRY_MS = 300_000;
const MAX_TAG_CHARS = 1_024;

const Tags = z.object({
  etag: z.string().max(MAX_TAG_CHARS).optional(),
  lastModified: z.string().max(MAX_TAG_CHARS).optional(),
});
type Tags = z.output<typeof Tags>;

export interface FetchSettings {
  readonly downloads: OutboundDownloads;
  readonly allowPrivateAddress: boolean;
  readonly refreshMs: number;
  /** Age of the latest successful fetch from which the content no longer counts. */
  readonly maxAgeMs: number;
  /** Folder of the copies; undefined: none is kept. */
  readonly keepIn: string | undefined;
  /** Of a copy that could not be written. */
  readonly onNotKept: (error: unknown) => void;
}

/**
 * A list behind an address, asked for on a schedule and only when it changed there (ETag, Last-Modified). Its latest good content is kept on
 * disk: one file, a line of tags and then the bytes; the file's time is that of the latest successful fetch.
 */
export class FetchedAddress implements Feed {
  readonly #file: string | undefined;
  #looked = false;
  #nextAt = 0;
  #tags: Tags = {};
  #fetchedAt: number | undefined;

  constructor(
    private readonly url: string,
    name: string,
    private readonly settings: FetchSettings,
  ) {
    const id = createHash('sha256').update(url).digest('hex').slice(0, 12);
    this.#file = settings.keepIn === undefined ? undefined : join(settings.keepIn, `${name}-${id}.list`);
  }

  async next(now: number, mayFetch: boolean): Promise<NewContent | 'same' | undefined> {
    if (!this.#looked) {
      this.#looked = true;
      const kept = await this.#kept(now);
      if (kept) return kept;
    }
    return mayFetch && now >= this.#nextAt ? this.#fetch(now) : undefined;
  }

  staleAt(): number {
    return this.#fetchedAt === undefined ? Infinity : this.#fetchedAt + this.settings.maxAgeMs;
  }

  contentAt(): Date | undefined {
    return this.#fetchedAt === undefined ? undefined : new Date(this.#fetchedAt);
  }

  async #fetch(now: number): Promise<NewContent | 'same'> {
    const { downloads, allowPrivateAddress, refreshMs } = this.settings;
    this.#nextAt = now + Math.min(refreshMs, RETRY_MS);
    const { etag, lastModified } = this.#tags;
    const answer = await downloads.download({
      url: this.url,
      headers: {
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
      },
      allowPrivateAddress,
      timeoutMs: FETCH_TIMEOUT_MS,
      maxBytes: MAX_LIST_BYTES,
    });
    if (answer.status === 304 && this.#fetchedAt !== undefined) {
      this.#done(now);
      if (this.#file !== undefined) await utimes(this.#file, now / 1_000, now / 1_000).catch(this.settings.onNotKept);
      return 'same';
    }
    if (answer.status !== 200) throw new TransientError(`the address answered ${answer.status}`, 'bad-status');
    const tags = Tags.safeParse({ etag: answer.etag, lastModified: answer.lastModified }).data ?? {};
    return {
      bytes: answer.body,
      contentAt: new Date(now),
      accepted: async () => {
        this.#tags = tags;
        this.#done(now);
        await this.#keep(tags, answer.body, now).catch(this.settings.onNotKept);
      },
    };
  }

  #done(now: number): void {
    this.#fetchedAt = now;
    this.#nextAt = now + this.settings.refreshMs;
  }

  async #kept(now: number): Promise<NewContent | undefined> {
    const file = this.#file;
    if (file === undefined) return undefined;
    try {
      const { mtimeMs, mtime, size } = await stat(file);
      if (size > MAX_LIST_BYTES + 4 * MAX_TAG_CHARS) return undefined;
      const bytes = await readFile(file);
      const end = bytes.indexOf('\n');
      const tags = Tags.parse(JSON.parse(bytes.toString('utf8', 0, end)));
      return {
        bytes: bytes.subarray(end + 1),
        contentAt: mtime,
        accepted: () => {
          this.#tags = tags;
          // A clock that was set back must not put the next fetch off.
          this.#done(Math.min(mtimeMs, now));
          return Promise.resolve();
        },
      };
    } catch {
      return undefined; // none, or not ours: it is fetched anew
    }
  }

  /** Whole or not at all, whatever dies meanwhile. */
  async #keep(tags: Tags, body: Buffer, now: number): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    const handle = await open(`${file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(tags)}\n`);
      await handle.writeFile(body);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await utimes(`${file}.new`, now / 1_000, now / 1_000);
    await rename(`${file}.new`, file);
  }
}
