import type { Installation } from '@outrider/fleet/installation';
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 2_500;
export const BLOCK_S = 15;

/** An operator who blocks one consumer after another, through whichever api answers. */
export class Commands {
  /** Consumers whose block an api has acknowledged. */
  readonly blocked = new Set<string>();
  #going = true;
  #running: Promise<void> | undefined;

  /** `consumers`: ids in Kong, each used once. */
  constructor(
    private readonly installation: Installation,
    private readonly consumers: readonly string[],
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const consumer of this.consumers) {
      if (!this.#going) return;
      await this.#block(consumer);
      await pause(EVERY_MS);
    }
  }

  /** Asked again until it is answered, under one key: the same command twice is one enforcement. */
  async #block(consumer: string): Promise<void> {
    const { fleet } = this.installation;
    const apis = fleet.of('api');
    for (let turn = 0; this.#going; turn++) {
      const response = await fetch(`http://127.0.0.1:${apis[turn % apis.length]?.ports.api}/v1/enforcements`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${fleet.adminToken}`,
          'content-type': 'application/json',
          'idempotency-key': consumer,
        },
        body: JSON.stringify({
          action: { kind: 'block-consumer', durationSeconds: BLOCK_S },
          entity: { kind: 'consumer', id: consumer },
          reason: 'fault test',
        }),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined);
      await response?.arrayBuffer().catch(() => undefined);
      if (response?.ok) {
        this.blocked.add(consumer);
        return;
      }
      await pause(200);
    }
  }
}
