/** Work that is done again and again while a process runs: each never two at a time, a failure is told and the next turn tries again. */
export class RegularTasks {
  #timers: NodeJS.Timeout[] = [];

  constructor(private readonly onError: (error: unknown) => void) {}

  /** From `ms` from now on. Does not keep the process alive. */
  every(ms: number, work: () => Promise<void>): void {
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      work()
        .catch(this.onError)
        .finally(() => {
          running = false;
        });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  /** What is under way goes on to its end. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }
}
