import { DEAD_LETTERS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { backOffMs } from '@outrider/platform/back-off';
import { PermanentError } from '@outrider/platform/errors';
import type { DeadLetter } from '@outrider/ports/event-store';
import { BoundedCache } from '../entry/bounded-cache.ts';
import { CancellableDelay } from './cancellable-delay.ts';
import type { PublisherParts } from './event-publisher.ts';

export interface DeadLetterSettings {
  /** Kept a second, on average; the rest is counted as shed. */
  readonly perSecond: number;
  /** Kept at once after a quiet time. */
  readonly burst: number;
  /** Waiting for the bus; the rest is counted as shed. */
  readonly maxWaiting: number;
  readonly lingerMs: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly stopMs: number;
}

const LETTERS_A_MESSAGE = 200;
/** Ids remembered, so that a batch that Kong sends again and again makes its dead letters once. */
const REMEMBERED = 16_384;

/** Brings dead letters to their topic. Garbage must cost little: it is bounded, rate-limited and repeats are dropped, all of it counted. */
export class DeadLetterPublisher {
  #waiting: DeadLetter[] = [];
  #tokens: number;
  #refilledAt: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  readonly #recent = new BoundedCache<true>(REMEMBERED);
  readonly #stopped = new CancellableDelay();

  constructor(
    private readonly parts: PublisherParts,
    private readonly settings: DeadLetterSettings,
  ) {
    this.#tokens = settings.burst;
    this.#refilledAt = parts.clock.now();
  }

  /** `make` is only called when the letter will be kept, unless it turns out to be a repeat. */
  offer(make: () => DeadLetter): void {
    const reason = this.#shedReason();
    if (reason === undefined) this.add(make());
    else this.parts.metrics.deadLettersShed({ reason });
  }

  add(letter: DeadLetter): void {
    const key = `${letter.tenant}/${letter.gateway}/${letter.id}`;
    if (this.#recent.get(key)) {
      this.parts.metrics.deadLettersShed({ reason: 'repeated' });
      return;
    }
    this.#tokens--;
    this.#recent.set(key, true);
    this.#waiting.push(letter);
    this.#timer ??= setTimeout(() => void this.flush(), this.settings.lingerMs);
  }

  /** Resolves when everything that waits now is published or given up. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#drain().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async stop(): Promise<void> {
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      deadline = setTimeout(() => {
        this.#stopped.cancel();
        resolve();
      }, this.settings.stopMs);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(deadline);
  }

  #shedReason(): string | undefined {
    if (this.#waiting.length >= this.settings.maxWaiting) return 'queue-full';
    const now = this.parts.clock.now();
    const earned = (Math.max(0, now - this.#refilledAt) / 1_000) * this.settings.perSecond;
    if (earned >= 1) {
      this.#tokens = Math.min(this.settings.burst, this.#tokens + earned);
      this.#refilledAt = now;
    }
    return this.#tokens < 1 ? 'rate-limited' : undefined;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const letters = this.#waiting.slice(0, LETTERS_A_MESSAGE);
      await this.#publish(letters);
      this.#waiting.splice(0, letters.length);
    }
  }

  async #publish(letters: readonly DeadLetter[]): Promise<void> {
    const { bus, log, metrics } = this.parts;
    const messages = [
      {
        key: letters[0]?.gateway ?? '',
        value: Buffer.from(JSON.stringify(letters)),
        headers: { v: '1', count: String(letters.length) },
      },
    ];
    for (let attempt = 0; ; attempt++) {
      try {
        await bus.publish(DEAD_LETTERS_TOPIC.name, messages);
        return;
      } catch (error) {
        if (attempt === 0) log.warn({ err: error }, 'the bus does not take dead letters');
        const permanent = error instanceof PermanentError;
        metrics.publishRetries({ topic: DEAD_LETTERS_TOPIC.name });
        const again =
          !permanent &&
          (await this.#stopped.wait(
            backOffMs(attempt, this.settings.retryBaseMs, this.settings.retryMaxMs, Math.random()),
          ));
        if (again) continue;
        metrics.deadLettersShed({ reason: permanent ? 'bus-refused' : 'stopped' }, letters.length);
        return;
      }
    }
  }
}
