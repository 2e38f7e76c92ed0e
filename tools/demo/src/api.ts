/** The few calls of Outrider's API that the story needs, as a user would make them with curl. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  get(path: string): Promise<Record<string, unknown>> {
    return this.#call('GET', path, undefined);
  }

  post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.#call('POST', path, body);
  }

  /** The first row of a list that passes, asked for until `withinMs` have passed. */
  async first(
    path: string,
    passes: (row: Record<string, unknown>) => boolean,
    withinMs: number,
  ): Promise<Record<string, unknown> | undefined> {
    const until = Date.now() + withinMs;
    while (Date.now() < until) {
      const { data } = await this.get(path);
      const found = (data as Record<string, unknown>[]).find(passes);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  async #call(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}
