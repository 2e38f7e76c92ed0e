import type { Leader, Leadership } from '@outrider/ports/leadership';

/** The first who competes leads, until the role is passed on. For specs. */
export class PassingRoles implements Leadership {
  readonly #waiting = new Map<string, Leader[]>();

  async compete(role: string, leader: Leader): Promise<{ withdraw(): Promise<void> }> {
    const line = this.#waiting.get(role) ?? [];
    this.#waiting.set(role, [...line, leader]);
    if (line.length === 0) await leader.lead(1);
    return {
      withdraw: async () => {
        this.#waiting.set(
          role,
          (this.#waiting.get(role) ?? []).filter((other) => other !== leader),
        );
        await leader.resign();
      },
    };
  }

  /** `told`: the leader hears of it first; otherwise it goes on, unaware, as one that was stopped for longer than its lease. */
  async passOn(told = true): Promise<void> {
    for (const [role, [first, second, ...others]] of this.#waiting) {
      if (told) await first?.resign();
      await second?.lead(2);
      this.#waiting.set(
        role,
        [second, ...others, first].filter((one) => one !== undefined),
      );
    }
  }
}
