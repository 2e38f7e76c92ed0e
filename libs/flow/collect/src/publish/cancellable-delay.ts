/** Waits that one call ends, now and for ever after: for retries that must not outlive a stop. */
export class CancellableDelay {
  readonly #cancels = new Set<() => void>();
  #cancelled = false;

  /** True after `ms`, false at once when it was cancelled. */
  wait(ms: number): Promise<boolean> {
    if (this.#cancelled) return Promise.resolve(false);
    return new Promise((resolve) => {
      const cancel = (): void => {
        clearTimeout(timer);
        this.#cancels.delete(cancel);
        resolve(false);
      };
      const timer = setTimeout(() => {
        this.#cancels.delete(cancel);
        resolve(true);
      }, ms);
      this.#cancels.add(cancel);
    });
  }

  cancel(): void {
    this.#cancelled = true;
    for (const cancel of [...this.#cancels]) cancel();
  }
}
