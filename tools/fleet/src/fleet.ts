import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FleetProcess, type Kind } from './fleet-process.ts';

export interface FleetOptions {
  /** How many of each kind; none by default. */
  readonly counts: Partial<Record<Kind, number>>;
  /** Settings of all processes: the engines' addresses (see `deploymentOf`), KONG_ADMIN_URL, … */
  readonly settings: Readonly<Record<string, string>>;
  /** Further settings of one kind. */
  readonly of?: Partial<Record<Kind, Readonly<Record<string, string>>>>;
  /** Where logs and data go; a temporary folder that `remove` deletes by default. */
  readonly dir?: string;
}

/** Several processes of Outrider on shared engines, on free ports, with keys and tokens of their own. */
export class Fleet {
  readonly dir: string;
  readonly adminToken = token();
  readonly ingestToken = token();
  readonly #processes: FleetProcess[] = [];
  readonly #shared: Readonly<Record<string, string>>;

  constructor(private readonly options: FleetOptions) {
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), 'outrider-fleet-'));
    this.#shared = {
      FINGERPRINT_KEY: randomBytes(32).toString('hex'),
      SECRETS_KEY: randomBytes(32).toString('hex'),
      INGEST_TOKEN: this.ingestToken,
      API_ADMIN_TOKEN: this.adminToken,
      ...options.settings,
    };
    for (const [kind, count = 0] of Object.entries(options.counts) as [Kind, number | undefined][])
      for (let i = 0; i < count; i++) this.add(kind);
  }

  get processes(): readonly FleetProcess[] {
    return this.#processes;
  }

  of(kind: Kind): readonly FleetProcess[] {
    return this.#processes.filter((process) => process.kind === kind);
  }

  /** The `index`th process of a kind; throws when there is none. */
  one(kind: Kind, index = 0): FleetProcess {
    const found = this.of(kind)[index];
    if (!found) throw new Error(`the fleet has no ${kind} ${index + 1}`);
    return found;
  }

  /** A further process, not started. `settings` are its own. */
  add(kind: Kind, settings: Readonly<Record<string, string>> = {}): FleetProcess {
    const name = `${kind}-${this.of(kind).length + 1}`;
    const own = { OUTRIDER_DATA: join(this.dir, `${name}.data`), ...this.options.of?.[kind], ...settings };
    const made = new FleetProcess(kind, name, this.dir, { ...this.#shared, ...own });
    this.#processes.push(made);
    return made;
  }

  /** Starts all at once, as Compose would; resolves when every one is ready. When one does not start, all are stopped. */
  async start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#processes.map((process) => process.start()));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) return;
    await this.stop();
    throw failed.reason;
  }

  /** A call of an API with the admin token; rejects on anything but 2xx. */
  async api<T>(method: string, path: string, body?: unknown, index = 0): Promise<T> {
    const response = await this.fetchApi(method, path, body, index);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T; // the caller names what the API documents
  }

  fetchApi(method: string, path: string, body?: unknown, index = 0): Promise<Response> {
    const apis = [...this.of('api'), ...this.of('outrider')];
    return fetch(`http://127.0.0.1:${apis[index]?.ports.api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Stops all in order, collectors first: what they took is still worked off. */
  async stop(): Promise<void> {
    const first = this.of('collector');
    await Promise.all(first.map((process) => process.stop()));
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  /** Kills what runs and removes the folder, unless it was given. */
  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    if (this.options.dir === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  /** The tails of all logs, for a report of a failure. */
  tails(lines?: number): string {
    return this.#processes.map((process) => process.tail(lines)).join('\n');
  }
}

const token = (): string => randomBytes(24).toString('base64url');
