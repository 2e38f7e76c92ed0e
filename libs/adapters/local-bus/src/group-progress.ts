import { join } from 'node:path';
import { FinishedRun } from '@outrider/platform/bus/finished-run';
import { GroupFile, type PartitionState } from './group-file.ts';
import type { PartitionLog } from './partition-log.ts';

/** How far a durable group is in one partition. */
export interface Progress {
  readonly run: FinishedRun;
  /** Everything before this byte position is committed. */
  position: number;
  /** What the file on disk says at least: segments below it may go. */
  durable: number;
  /** When the first uncommitted message was appended, as far as known. */
  oldestAt: number | undefined;
}

/** A durable group on one topic: what it has committed and planned, on disk; commits are written together, plans at once. */
export class GroupProgress {
  readonly partitions = new Map<number, Progress>();
  /** A subscription of this group runs. */
  consumed = false;
  readonly #file: GroupFile;
  #timer: NodeJS.Timeout | undefined;
  #dirty = false;
  #closed = false;

  private constructor(
    readonly name: string,
    folder: string,
    private readonly commitIntervalMs: number,
    private readonly onWriteError: (error: unknown) => void,
  ) {
    this.#file = new GroupFile(groupPath(folder, name), () => this.#states());
  }

  static async open(options: {
    readonly name: string;
    readonly folder: string;
    readonly commitIntervalMs: number;
    readonly stored: ReadonlyMap<number, PartitionState> | undefined;
    readonly logs: readonly PartitionLog[];
    readonly onWriteError: (error: unknown) => void;
  }): Promise<GroupProgress> {
    const group = new GroupProgress(options.name, options.folder, options.commitIntervalMs, options.onWriteError);
    for (const log of options.logs) {
      const stored = options.stored?.get(log.partition);
      const committed = Math.max(stored?.committed ?? 0, log.first.offset);
      // The log lost its end (power went while fsync was `interval`): the lost offsets are never given again.
      if (committed > log.end) await log.roll(committed);
      const { place, appendedAt } = await log.locate(committed);
      group.partitions.set(log.partition, {
        run: new FinishedRun(committed, stored?.plans ?? []),
        position: place.position,
        durable: committed,
        oldestAt: appendedAt,
      });
    }
    if (!options.stored) await group.#write();
    return group;
  }

  progress(partition: number): Progress {
    const progress = this.partitions.get(partition);
    if (!progress) throw new Error(`group ${this.name} knows no partition ${partition}`);
    return progress;
  }

  /** Takes over what the run allows; written within the commit interval. */
  advance(partition: number, position: number, oldestAt: number | undefined): void {
    const progress = this.progress(partition);
    progress.position = position;
    progress.oldestAt = oldestAt;
    if (this.#closed) return;
    this.#dirty = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush().catch(this.onWriteError);
    }, this.commitIntervalMs);
  }

  /** Durable when it resolves. */
  async plan(partition: number, through: number): Promise<void> {
    this.progress(partition).run.plan(through);
    await this.#write();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#dirty) return;
    this.#dirty = false;
    try {
      await this.#write();
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  /** A handler that finishes later than this is not committed: its message comes again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  async #write(): Promise<void> {
    const reached = [...this.partitions.values()].map((progress) => [progress, progress.run.committable] as const);
    await this.#file.write();
    for (const [progress, committed] of reached) progress.durable = Math.max(progress.durable, committed);
  }

  *#states(): Iterable<readonly [number, PartitionState]> {
    for (const [partition, { run }] of this.partitions)
      yield [partition, { committed: run.committable, plans: [...run.plans] }];
  }
}

export const groupPath = (folder: string, name: string): string => join(folder, `${name}.json`);
