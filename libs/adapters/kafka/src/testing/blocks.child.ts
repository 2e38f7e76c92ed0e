import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@outrider/ports/event-bus';
import { aKafkaBus, kafkaDeps, quick } from './kafka.ts';

// Consumes as the analyzer does: planned blocks of one partition at a time, each "stored" by printing it. Killed by the spec.
const [broker = '', prefix = '', topic = ''] = process.argv.slice(2);
const BLOCK = 7;

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class Blocks {
  #waiting: Waiting[] = [];
  #storing = false;
  #late = false;

  add(delivery: Delivery): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ delivery, resolve, reject });
      void this.#store();
      setTimeout(() => {
        this.#late = true;
        void this.#store();
      }, 40);
    });
  }

  async #store(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    for (let block = this.#next(); block.length > 0; block = this.#next()) {
      const [first] = block;
      const last = block.at(-1);
      if (!first || !last) break;
      try {
        if (first.delivery.plannedThrough === undefined) await last.delivery.plan(last.delivery.offset);
        await sleep(Math.random() * 30);
        process.stdout.write(`block ${first.delivery.partition} ${first.delivery.offset} ${last.delivery.offset}\n`);
        await sleep(Math.random() * 5);
        for (const one of block) one.resolve();
      } catch (error) {
        for (const one of block) one.reject(error);
      }
    }
    this.#storing = false;
  }

  #next(): Waiting[] {
    const planned = this.#waiting[0]?.delivery.plannedThrough;
    if (planned !== undefined) {
      const end = this.#waiting.findIndex(({ delivery }) => delivery.offset === planned);
      return end < 0 ? [] : this.#waiting.splice(0, end + 1);
    }
    const free = this.#waiting.findIndex(({ delivery }) => delivery.plannedThrough !== undefined);
    const count = Math.min(free < 0 ? this.#waiting.length : free, 1 + Math.floor(Math.random() * 2 * BLOCK));
    if (!this.#late && free < 0 && this.#waiting.length < BLOCK) return [];
    this.#late = this.#waiting.length > count;
    return this.#waiting.splice(0, count);
  }
}

const bus = await aKafkaBus({ ...quick(broker, prefix), catalogue: [], watched: {} }, kafkaDeps('info'));
const blocks = new Map<number, Blocks>();
bus.onAssignment(topic, 'g', async ({ gained, lost }) => {
  process.stdout.write(`assigned +${gained.join()} -${lost.join()}\n`);
  for (const partition of [...gained, ...lost]) blocks.delete(partition);
});
await bus.consume({ topic, group: 'g', maxInFlight: 128 }, async (delivery) => {
  let mine = blocks.get(delivery.partition);
  if (!mine) blocks.set(delivery.partition, (mine = new Blocks()));
  await mine.add(delivery);
});
process.on('SIGTERM', () => {
  void bus.stop().then(() => process.exit(0));
});
process.stdout.write('ready\n');
