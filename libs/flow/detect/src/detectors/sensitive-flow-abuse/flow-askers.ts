const MAX_ASKERS = 5_000;

interface Asker {
  readonly firstAt: number;
  calls: number;
  /** It asked for something else as well. */
  wentOn: boolean;
}

/** Who called a flow since it became busy, and who of them went on to do something else. */
export class FlowAskers {
  readonly #askers = new Map<string, Asker>();

  called(key: string, at: number): void {
    const known = this.#askers.get(key);
    if (known) known.calls++;
    else if (this.#askers.size < MAX_ASKERS) this.#askers.set(key, { firstAt: at, calls: 1, wentOn: false });
  }

  elsewhere(key: string): void {
    const known = this.#askers.get(key);
    if (known) known.wentOn = true;
  }

  /** Of those that had until `before` to go on: how many there are, and the calls of all and of those that never did. */
  left(before: number): { readonly askers: number; readonly calls: number; readonly leftCalls: number } {
    const left = { askers: 0, calls: 0, leftCalls: 0 };
    for (const { firstAt, calls, wentOn } of this.#askers.values()) {
      if (firstAt > before) continue;
      left.askers++;
      left.calls += calls;
      if (!wentOn) left.leftCalls += calls;
    }
    return left;
  }
}
