/** Collections that only Kong's Admin API has together. */
const OWN: ReadonlySet<string> = new Set(['plugins', 'consumers', 'upstreams', 'snis', 'schemas', 'vaults', 'key-auths', 'basic-auths', 'hmac-auths', 'jwts', 'acls', 'key-sets', 'ca_certificates', 'consumer_groups']); // prettier-ignore
/** Others have these too. */
const SHARED: ReadonlySet<string> = new Set(['services', 'routes', 'certificates', 'targets', 'workspaces', 'status', 'config', 'key-auth', 'basic-auth']); // prettier-ignore
const MAX_SEGMENTS = 12;
const NEEDED = 3;
const NEEDED_OWN = 2;

/** Which of the Admin API's collections a service has answered for. */
export class AdminWords {
  readonly #own = new Set<string>();
  readonly #shared = new Set<string>();

  /** The path was answered 2xx. */
  add(path: string): void {
    for (const word of path.split('/', MAX_SEGMENTS)) {
      if (OWN.has(word)) this.#own.add(word);
      else if (SHARED.has(word)) this.#shared.add(word);
    }
  }

  /** Enough of them, for no other API has these together. */
  get prove(): boolean {
    return this.#own.size >= NEEDED_OWN && this.#own.size + this.#shared.size >= NEEDED;
  }
}

const STATUS_WORDS: ReadonlySet<string> = new Set(['status', 'health', 'healthz', 'healthcheck', 'health-check', 'live', 'livez', 'liveness', 'metrics', 'ping', 'ready', 'readyz', 'readiness', 'up']); // prettier-ignore

/** Asks whether something is well: what load balancers and Prometheus do. */
export const asksForHealth = (method: string, path: string): boolean => {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  return STATUS_WORDS.has(path.slice(path.lastIndexOf('/', end - 1) + 1, end).toLowerCase());
};
