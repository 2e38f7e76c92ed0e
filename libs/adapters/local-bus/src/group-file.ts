import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { syncFolder } from './partition-log.ts';

const State = z.object({
  /** First offset that is not committed. */
  committed: z.number().int().min(0),
  /** Last offsets of blocks that were planned and are not committed, ascending. */
  plans: z.array(z.number().int().min(0)),
});
const Content = z.object({ v: z.literal(1), partitions: z.record(z.string(), State) });

export type PartitionState = Readonly<z.infer<typeof State>>;

/** Undefined when the group has never committed. An unreadable file is an error: guessing would replay or lose messages. */
export const readGroupFile = async (path: string): Promise<ReadonlyMap<number, PartitionState> | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const content = Content.parse(JSON.parse(text));
    return new Map(Object.entries(content.partitions).map(([partition, state]) => [Number(partition), state]));
  } catch (error) {
    throw new Error(`${path} is damaged: restore it, or remove it to let the group begin at the oldest message`, {
      cause: error,
    });
  }
};

/**
 * Writes a group's state, one write at a time and the newest state only: many calls during one write become one more write.
 * The file is replaced atomically, and durable when `write` resolves.
 */
export class GroupFile {
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly state: () => Iterable<readonly [number, PartitionState]>,
  ) {}

  write(): Promise<void> {
    if (!this.#writing) {
      this.#writing = this.#replace().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    this.#queued ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        return this.write();
      });
    return this.#queued;
  }

  async #replace(): Promise<void> {
    const text = JSON.stringify({ v: 1, partitions: Object.fromEntries(this.state()) });
    const temporary = `${this.path}.tmp`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.path);
    await syncFolder(dirname(this.path));
  }
}
