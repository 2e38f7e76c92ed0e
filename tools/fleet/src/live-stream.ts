/** What one api tells its listeners, gathered until `stop`. */
export class LiveStream {
  /** `event` and `data` of each message, in order. */
  readonly messages: { readonly event: string; readonly data: string }[] = [];
  readonly #abort = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  async start(apiPort: number, token: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${apiPort}/v1/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: this.#abort.signal,
    });
    if (!response.ok || !response.body) throw new Error(`/v1/stream answered ${response.status}`);
    this.#reading = this.#read(response.body).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('data') !== '') this.messages.push({ event: field('event'), data: field('data') });
      }
    }
  }
}
