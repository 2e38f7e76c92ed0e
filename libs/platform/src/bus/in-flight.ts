/** What a consumer has handed out and not heard of again, over all its partitions. */
export class InFlight {
  #messages = 0;
  #bytes = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  get messages(): number {
    return this.#messages;
  }

  /** One message is always allowed, however large. */
  admits(bytes: number): boolean {
    return this.#messages === 0 || (this.#messages < this.maxMessages && this.#bytes + bytes <= this.maxBytes);
  }

  add(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
  }
}
