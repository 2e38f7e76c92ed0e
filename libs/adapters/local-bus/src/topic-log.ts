import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { OutgoingMessage } from '@outrider/ports/event-bus';
import type { BusMetrics } from './bus-metrics.ts';
import { GroupCommit } from './group-commit.ts';
import { readGroupFile } from './group-file.ts';
import { groupPath, GroupProgress } from './group-progress.ts';
import { lockFolder } from './lock-file.ts';
import { PartitionLog } from './partition-log.ts';
import { encodedBytes, RECORD_OVERHEAD } from './record.ts';
import { HOUR_MS, type ResolvedSettings, type ResolvedTopic } from './settings.ts';
import { Signal } from '@outrider/platform/bus/signal';

/** After a refusal the topic calls itself full for so long, so that callers hold back and then try again. */
const FULL_FOR_MS = 1_000;
const MAX_META_BYTES = 64 * 1024;

export interface TopicDeps {
  readonly log: Logger;
  readonly metrics: BusMetrics;
  readonly now: () => number;
}

/** One topic on disk: its partitions, its durable groups and the bound on its size. */
export class TopicLog {
  readonly groups = new Map<string, GroupProgress>();
  readonly #signals = new Set<Signal>();
  readonly #commit: GroupCommit;
  #fullUntil = 0;
  #closed = false;
  #syncTimer: NodeJS.Timeout | undefined;

  private constructor(
    readonly name: string,
    readonly logs: readonly PartitionLog[],
    private readonly folder: string,
    private readonly own: ResolvedTopic,
    private readonly settings: ResolvedSettings,
    private readonly deps: TopicDeps,
    private readonly unlock: () => Promise<void>,
  ) {
    this.#commit = new GroupCommit(logs, {
      sync: settings.fsync === 'always',
      now: deps.now,
      onAccepted: (messages, bytes, seconds) => {
        this.#fullUntil = 0;
        deps.metrics.published({ topic: name }, messages);
        deps.metrics.publishedBytes({ topic: name }, bytes);
        deps.metrics.writeSeconds({ topic: name }, seconds);
        for (const signal of this.#signals) signal.raise();
      },
    });
    if (settings.fsync === 'interval') {
      this.#syncTimer = setInterval(() => void this.#syncAll(), settings.fsyncIntervalMs);
      this.#syncTimer.unref();
    }
  }

  static async open(name: string, own: ResolvedTopic, settings: ResolvedSettings, deps: TopicDeps): Promise<TopicLog> {
    if (!/^[\w.-]{1,200}$/.test(name) || name.startsWith('.'))
      throw new PermanentError(`not a topic name: ${name}`, 'bad-topic');
    const folder = join(settings.dir, name);
    await mkdir(join(folder, 'groups'), { recursive: true });
    const unlock = await lockFolder(folder);
    try {
      const log = deps.log.child({ topic: name });
      const count = await partitionCount(folder, own.partitions);
      const limits = {
        segmentBytes: Math.min(settings.segmentBytes, Math.ceil(own.maxBytes / 4 / count)),
        tailBytes: settings.tailBytes,
        maxRecordBytes: settings.maxMessageBytes + 2 * MAX_META_BYTES + RECORD_OVERHEAD,
      };
      const logs: PartitionLog[] = [];
      for (let partition = 0; partition < count; partition += 1)
        logs.push(await PartitionLog.open(join(folder, String(partition)), partition, limits, log));
      const topic = new TopicLog(name, logs, folder, own, settings, { ...deps, log }, unlock);
      const known = (await readdir(join(folder, 'groups'))).filter((file) => file.endsWith('.json'));
      for (const group of new Set([...known.map((file) => file.slice(0, -5)), ...own.groups])) await topic.group(group);
      return topic;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** The durable group, made when it is new: then it begins at the oldest message. */
  async group(name: string): Promise<GroupProgress> {
    const existing = this.groups.get(name);
    if (existing) return existing;
    if (!/^[\w.-]{1,100}$/.test(name)) throw new PermanentError(`not a group name: ${name}`, 'bad-group');
    const folder = join(this.folder, 'groups');
    const group = await GroupProgress.open({
      name,
      folder,
      commitIntervalMs: this.settings.commitIntervalMs,
      stored: await readGroupFile(groupPath(folder, name)),
      logs: this.logs,
      onWriteError: (error) => this.deps.log.error({ err: error, group: name }, 'commits could not be written'),
    });
    this.groups.set(name, group);
    return group;
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.#closed) throw new TransientError('the event bus is closed', 'bus-closed');
    let bytes = 0;
    const routed = messages.map((message) => {
      bytes += this.#checkedBytes(message);
      return { partition: (message.partition ?? crc32(message.key)) % this.logs.length, message };
    });
    if (routed.length === 0) return;
    if (this.#commit.pendingBytes > 0 && this.#commit.pendingBytes + bytes > this.settings.maxPendingBytes)
      throw this.#refusal('bus-busy');
    if (!this.#hasRoom(bytes)) throw this.#refusal('bus-full');
    try {
      await this.#commit.append(routed, bytes);
    } catch (error) {
      if (error instanceof TransientError) throw this.#refusal(error.code, error);
      throw error;
    }
  }

  pressure(): number {
    if (this.deps.now() < this.#fullUntil) return 1;
    let slowest = 0;
    for (const group of this.groups.values()) slowest = Math.max(slowest, this.unconsumedBytes(group));
    return Math.min(1, slowest / this.own.maxBytes);
  }

  unconsumedBytes(group: GroupProgress): number {
    return this.logs.reduce((sum, log) => sum + log.last.position - group.progress(log.partition).position, 0);
  }

  get bytes(): number {
    return this.logs.reduce((sum, log) => sum + log.bytes, 0);
  }

  /** `signal` is raised whenever something was appended. */
  watch(signal: Signal): () => void {
    this.#signals.add(signal);
    return () => this.#signals.delete(signal);
  }

  /** Deletes what is consumed and older than the retention. */
  async sweep(): Promise<void> {
    const before = this.deps.now() - this.own.retentionHours * HOUR_MS;
    for (const log of this.logs)
      while (log.oldest && this.#consumed(log, log.oldest.end) && log.oldest.lastAt < before) await log.dropOldest();
    for (const group of this.groups.values()) await group.flush();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#syncTimer);
    await this.#commit.idle();
    await this.#syncAll();
    for (const group of this.groups.values())
      await group
        .close()
        .catch((error: unknown) => this.deps.log.error({ err: error }, 'commits could not be written'));
    for (const log of this.logs) await log.close();
    await this.unlock();
  }

  #checkedBytes(message: OutgoingMessage): number {
    const bytes = encodedBytes(message);
    if (message.value.length > this.settings.maxMessageBytes || bytes - message.value.length > MAX_META_BYTES) {
      this.deps.metrics.rejected({ topic: this.name, reason: 'too-large' });
      throw new PermanentError('the message is too large for the event bus', 'message-too-large');
    }
    return bytes;
  }

  #refusal(reason: string, cause?: TransientError): TransientError {
    this.deps.metrics.rejected({ topic: this.name, reason });
    if (reason !== 'bus-busy') this.#fullUntil = this.deps.now() + FULL_FOR_MS;
    return (
      cause ?? new TransientError(reason === 'bus-busy' ? 'the event bus is busy' : 'the event bus is full', reason)
    );
  }

  /** Deletes consumed segments, oldest first, when the bound presses. */
  #hasRoom(bytes: number): boolean {
    const wanted = (): boolean => this.bytes + this.#commit.pendingBytes + bytes <= this.own.maxBytes;
    for (let dropped = true; dropped && !wanted();) {
      dropped = false;
      for (const log of this.logs) {
        if (wanted() || !log.oldest || !this.#consumed(log, log.oldest.end)) continue;
        dropped = true;
        log
          .dropOldest()
          .catch((error: unknown) => this.deps.log.error({ err: error }, 'a consumed segment could not be deleted'));
      }
    }
    return wanted();
  }

  #consumed(log: PartitionLog, end: number): boolean {
    for (const group of this.groups.values()) if (group.progress(log.partition).durable < end) return false;
    return true;
  }

  async #syncAll(): Promise<void> {
    try {
      for (const log of this.logs) await log.sync();
    } catch (error) {
      this.deps.log.error({ err: error }, 'the event bus could not be synced');
    }
  }
}

/** Partitions on disk are never forgotten, even when fewer are asked for. */
const partitionCount = async (folder: string, wanted: number): Promise<number> => {
  const found = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
  return Math.max(wanted, 1, ...found.map((partition) => partition + 1));
};
