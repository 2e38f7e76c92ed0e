import type { Logger } from '@outrider/platform/logger';
import type { ConsumeOptions, Delivery } from '@outrider/ports/event-bus';
import type { Subscription } from '@outrider/platform/bus/group-strategy';
import type { BusMetrics } from './bus-metrics.ts';
import type { GroupProgress } from './group-progress.ts';
import { InFlight } from '@outrider/platform/bus/in-flight';
import { PartitionConsumer, type ConsumerHooks } from './partition-consumer.ts';
import { pause, Signal } from '@outrider/platform/bus/signal';
import type { TopicLog } from './topic-log.ts';

const MIB = 1024 * 1024;

/** One group on one topic: all partitions, with one bound on what is in flight. */
export class GroupConsumer implements Subscription {
  readonly #abort = new AbortController();
  readonly #inFlight: InFlight;
  readonly #partitions: readonly PartitionConsumer[];
  readonly #signals: readonly Signal[];
  readonly #unwatch: readonly (() => void)[];
  #stopping: Promise<void> | undefined;

  constructor(
    topic: TopicLog,
    private readonly group: GroupProgress | undefined,
    handler: (delivery: Delivery) => Promise<void>,
    private readonly options: ConsumeOptions,
    private readonly deps: { readonly log: Logger; readonly metrics: BusMetrics; readonly onStopped: () => void },
  ) {
    this.#inFlight = new InFlight(options.maxInFlight ?? 64, options.maxInFlightBytes ?? 32 * MIB);
    this.#signals = topic.logs.map(() => new Signal());
    this.#unwatch = this.#signals.map((signal) => topic.watch(signal));
    const hooks = this.#hooks(handler);
    this.#partitions = topic.logs.map(
      (source, index) =>
        new PartitionConsumer(
          options.topic,
          source,
          group,
          this.#inFlight,
          hooks,
          this.#signals[index] ?? new Signal(),
          deps.log,
          this.#abort.signal,
        ),
    );
    for (const partition of this.#partitions) partition.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#abort.abort();
    for (const partition of this.#partitions) await partition.stopped();
    await this.#drained();
    for (const unwatch of this.#unwatch) unwatch();
    await this.group?.flush();
    this.deps.onStopped();
  }

  async #drained(): Promise<void> {
    const timeout = new AbortController();
    const bound = pause(this.options.stopTimeoutMs ?? 10_000, timeout.signal);
    let late = false;
    void bound.then(() => {
      late = true;
    });
    const signal = this.#signals[0];
    while (this.#inFlight.messages > 0 && !late) await Promise.race([signal?.wait() ?? bound, bound]);
    timeout.abort();
    if (this.#inFlight.messages > 0)
      this.deps.log.warn(
        { messages: this.#inFlight.messages, group: this.options.group },
        'handlers still at work at stop: their messages come again',
      );
  }

  #hooks(handler: (delivery: Delivery) => Promise<void>): ConsumerHooks {
    const labels = { topic: this.options.topic, group: this.options.group };
    const { metrics, log } = this.deps;
    return {
      // The extra turn makes a handler that throws at once look like one that rejects.
      handle: async (delivery) => handler(delivery),
      deadLetter: async (delivery, error) => {
        const { topic, partition, offset } = delivery;
        metrics.deadLetters(labels);
        log.error({ err: error, topic, partition, offset, group: this.options.group }, 'message given up');
        await this.options.onDeadLetter?.(delivery, error);
      },
      onDone: () => metrics.delivered(labels),
      onSettled: () => {
        for (const signal of this.#signals) signal.raise();
      },
      onRetry: () => metrics.redelivered(labels),
      onLost: (offsets) => metrics.lost(labels, offsets),
    };
  }
}
