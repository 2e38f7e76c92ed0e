import type { Logger } from '@outrider/platform/logger';
import type { Admin } from 'kafkajs';
import { KafkaClient } from './kafka-client.ts';
import type { ResolvedSettings } from './settings.ts';
import { within } from './within.ts';

/** Who asks tries again himself, and wants to know why it failed. */
const RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 500 };

interface Open {
  readonly client: KafkaClient;
  readonly admin: Admin;
}

/** Questions to the cluster. The connection is made when it is needed, and made anew after any failure: kafkajs's may be stuck then. */
export class AdminSession {
  #opening: Promise<Open> | undefined;

  constructor(
    private readonly settings: ResolvedSettings,
    private readonly log: Logger,
  ) {}

  /** Rejects with what kafkajs says, or with a TransientError `bus-timeout`. */
  async ask<T>(question: (admin: Admin) => Promise<T>, timeoutMs = this.settings.requestTimeoutMs): Promise<T> {
    const opening = (this.#opening ??= this.#open());
    try {
      return await within(
        opening.then(({ admin }) => question(admin)),
        timeoutMs,
        'bus-timeout',
      );
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      opening.then(({ client }) => client.destroy()).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const open = await opening?.catch(() => undefined);
    await within(Promise.resolve(open?.admin.disconnect()), 1_000, 'bus-timeout').catch(() => undefined);
    open?.client.destroy();
  }

  async #open(): Promise<Open> {
    const client = new KafkaClient(this.settings, this.log, RETRY);
    const admin = client.kafka.admin();
    try {
      await admin.connect();
      return { client, admin };
    } catch (error) {
      client.destroy();
      throw error;
    }
  }
}
