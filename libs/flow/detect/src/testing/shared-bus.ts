import { encodeEvent } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { TransientError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import { aDelivery } from './stage-run.ts';

/** Whoever consumes: a stage's inside, or the whole stage on real engines. */
export interface Member {
  assign(change: { readonly gained: readonly number[]; readonly lost: readonly number[] }): Promise<void>;
  takeEvents(delivery: Delivery): Promise<void>;
}

/** Partitions of the events topic that members share, with commits and plans as the buses have them. For specs. */
export class SharedBus {
  readonly #partitions: Partition[];

  constructor(count: number) {
    this.#partitions = Array.from({ length: count }, (_, number) => new Partition(number));
  }

  /** One more message; handed to the owner at once. */
  publish(partition: number, events: readonly ApiEvent[], appendedAt = 0): void {
    this.#of(partition).append(Buffer.from(events.map(encodeEvent).join('\n')), appendedAt);
  }

  ownerOf(partition: number): Member | undefined {
    return this.#of(partition).owner;
  }

  ownedBy(member: Member): number[] {
    return this.#partitions.filter(({ owner }) => owner === member).map(({ number }) => number);
  }

  /**
   * Partitions get a new owner. `told`: the old owner hears of it first; otherwise it is dead, or a zombie that goes on with what it has
   * (`zombie`: and with what comes).
   */
  async move(
    partitions: readonly number[],
    to: Member,
    how: { readonly told: boolean; readonly zombie?: boolean } = { told: true },
  ): Promise<void> {
    const moved = partitions.map((partition) => this.#of(partition));
    for (const from of new Set(moved.map(({ owner }) => owner))) {
      const lost = moved.filter(({ owner }) => owner === from).map(({ number }) => number);
      for (const partition of moved) if (partition.owner === from) partition.loseOwner(how.zombie === true);
      if (from && how.told) await from.assign({ gained: [], lost });
    }
    await to.assign({ gained: partitions, lost: [] });
    for (const partition of moved) partition.begin(to);
  }

  /** Resolves when everything is committed. */
  async settled(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.settled()));
  }

  #of(partition: number): Partition {
    const found = this.#partitions[partition];
    if (!found) throw new RangeError(`no partition ${partition}`);
    return found;
  }
}

class Partition {
  owner: Member | undefined;
  readonly #messages: { readonly value: Buffer; readonly appendedAt: number }[] = [];
  readonly #done = new Set<number>();
  #committed = 0;
  #plan = -1;
  #zombies: Member[] = [];
  #outcomes: Promise<void>[] = [];

  constructor(readonly number: number) {}

  append(value: Buffer, appendedAt: number): void {
    const offset = this.#messages.push({ value, appendedAt }) - 1;
    if (this.owner) this.#hand(offset, this.owner);
    for (const zombie of this.#zombies) zombie.takeEvents(this.#delivery(offset, zombie)).catch(() => undefined);
  }

  loseOwner(zombie: boolean): void {
    if (zombie && this.owner) this.#zombies.push(this.owner);
    this.owner = undefined;
    this.#outcomes = [];
  }

  begin(owner: Member): void {
    this.owner = owner;
    this.#zombies = this.#zombies.filter((one) => one !== owner);
    for (let offset = this.#committed; offset < this.#messages.length; offset++) this.#hand(offset, owner);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#outcomes);
    if (this.owner && this.#committed < this.#messages.length)
      throw new Error(`partition ${this.number} stands at ${this.#committed} of ${this.#messages.length}`);
  }

  #hand(offset: number, owner: Member): void {
    const outcome = owner.takeEvents(this.#delivery(offset, owner)).then(
      () => {
        if (this.owner !== owner) return;
        this.#done.add(offset);
        while (this.#done.has(this.#committed)) this.#committed++;
      },
      (error: unknown) => {
        if (!(error instanceof TransientError)) throw error;
      },
    );
    this.#outcomes.push(outcome);
  }

  #delivery(offset: number, owner: Member): Delivery {
    const { value, appendedAt } = this.#messages[offset] ?? { value: Buffer.alloc(0), appendedAt: 0 };
    return aDelivery(offset, '', {
      partition: this.number,
      value,
      appendedAt,
      plannedThrough: offset <= this.#plan ? this.#plan : undefined,
      plan: async (through) => {
        if (this.owner !== owner) throw new TransientError('the partition has another owner', 'partition-lost');
        this.#plan = through;
      },
    });
  }
}
