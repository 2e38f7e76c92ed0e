import type { Call } from './call.ts';
import type { Random } from './random.ts';
import type { Route, Service, World } from './world/world.ts';

/** Writes calls as Kong 3.9's tcp-log would. */
export class EntryWriter {
  readonly #routes = new Map<string, object>();
  readonly #services = new Map<string, object>();

  constructor(
    private readonly world: World,
    private readonly random: Random,
  ) {}

  entryOf(call: Call): object {
    const { world } = this;
    const uri = call.query === undefined ? call.path : `${call.path}?${call.query}`;
    const id = this.#hex32();
    const byKong = call.byKong ?? false;
    const { route, consumer } = call;
    const total = Math.round(call.latencyMs);
    const failed = byKong && (call.status === 502 || call.status === 504);
    return {
      started_at: Math.round(call.at + (call.skewMs ?? 0)),
      ...(route === undefined ? {} : { route: this.#route(route), service: this.#service(route.service) }),
      workspace: world.workspace,
      workspace_name: 'default',
      source: byKong ? 'kong' : 'upstream',
      upstream_status: failed
        ? `${call.status}, ${call.status}`
        : byKong
          ? ''
          : call.status === 499
            ? '-'
            : String(call.status),
      upstream_uri: route === undefined ? '' : uri,
      latencies: {
        request: total,
        kong: Math.min(1, total),
        proxy: byKong && !failed ? -1 : Math.max(0, total - 1),
        receive: 0,
      },
      request: {
        id,
        method: call.method,
        uri,
        url: `https://${world.host}:8443${uri}`,
        querystring: parsed(call.query),
        size: Math.round(220 + uri.length + (call.requestBytes ?? 0)),
        headers: this.#requestHeaders(call),
        ...(call.client.tls === undefined ? {} : { tls: { ...call.client.tls, client_verify: 'NONE' } }),
      },
      response: {
        status: call.status,
        size: call.status === 499 ? 0 : Math.round(call.bytes),
        headers: this.#responseHeaders(call, id),
      },
      client_ip: call.client.address,
      ...(route === undefined ? {} : { tries: tries(call, byKong, failed) }),
      ...(consumer === undefined || world.keyless
        ? this.#anonymous(call)
        : {
            consumer: {
              id: consumer.id,
              username: consumer.username,
              ...(consumer.customId === undefined ? {} : { custom_id: consumer.customId }),
              ...(consumer.tags.length === 0 ? {} : { tags: consumer.tags }),
              created_at: 1_761_000_000,
              updated_at: 1_761_000_000,
            },
            authenticated_entity: { id: consumer.credential },
          }),
    };
  }

  /** Where Kong is told to let everybody in as one consumer: named, with no credential. */
  #anonymous(call: Call): object {
    const { anonymous, routes } = this.world;
    if (anonymous === '' || call.route?.id !== routes.catalogue.id) return {};
    return { consumer: { id: anonymous, username: 'anonymous', created_at: 1_761_000_000, updated_at: 1_761_000_000 } };
  }

  #requestHeaders(call: Call): object {
    const { world } = this;
    const { consumer } = call;
    return {
      host: world.host,
      ...call.client.headers,
      ...(call.requestBytes === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Math.round(call.requestBytes)) }),
      ...(consumer !== undefined && world.keyless
        ? { authorization: 'REDACTED' }
        : consumer === undefined
          ? call.badKey === undefined
            ? {}
            : { [world.keyHeader]: call.badKey }
          : {
              ...(consumer.scheme === 'key' ? { [world.keyHeader]: consumer.key } : { authorization: 'REDACTED' }),
              'x-consumer-id': consumer.id,
              'x-consumer-username': consumer.username,
              'x-credential-identifier': consumer.credential,
            }),
      ...call.headers,
    };
  }

  #responseHeaders(call: Call, id: string): object {
    const { rate } = call;
    return {
      'content-type': call.bytes > 1_000_000 ? 'application/octet-stream' : 'application/json; charset=utf-8',
      'x-kong-request-id': id,
      ...(call.byKong === true
        ? { server: 'kong/3.9.3', 'x-kong-response-latency': '0' }
        : { via: '1.1 kong/3.9.3', 'x-kong-upstream-latency': String(Math.max(0, Math.round(call.latencyMs) - 1)), 'x-kong-proxy-latency': '1' }), // prettier-ignore
      ...(rate === undefined
        ? {}
        : {
            'ratelimit-limit': String(rate.limit),
            'ratelimit-remaining': String(rate.remaining),
            'ratelimit-reset': String(rate.reset),
            'x-ratelimit-limit-minute': String(rate.limit),
            'x-ratelimit-remaining-minute': String(rate.remaining),
            ...(call.status === 429 ? { 'retry-after': String(rate.reset) } : {}),
          }),
    };
  }

  #service(service: Service): object {
    let made = this.#services.get(service.id);
    if (made === undefined) {
      const { id, name, host, port } = service;
      made = { id, name, host, port, protocol: 'http', retries: 5, connect_timeout: 60000, read_timeout: 60000, write_timeout: 60000, enabled: true, created_at: 1761000000, updated_at: 1761000000, ws_id: this.world.workspace }; // prettier-ignore
      this.#services.set(service.id, made);
    }
    return made;
  }

  #route(route: Route): object {
    let made = this.#routes.get(route.id);
    if (made === undefined) {
      made = { id: route.id, name: route.name, paths: route.paths, protocols: ['http', 'https'], strip_path: false, preserve_host: false, regex_priority: 0, path_handling: 'v0', https_redirect_status_code: 426, request_buffering: true, response_buffering: true, service: { id: route.service.id }, created_at: 1761000000, updated_at: 1761000000, ws_id: this.world.workspace }; // prettier-ignore
      this.#routes.set(route.id, made);
    }
    return made;
  }

  #hex32(): string {
    let text = '';
    for (let i = 0; i < 4; i++)
      text += Math.floor(this.random.next() * 4_294_967_296)
        .toString(16)
        .padStart(8, '0');
    return text;
  }
}

const tries = (call: Call, byKong: boolean, failed: boolean): object[] => {
  if (byKong && !failed) return [];
  const one = {
    balancer_latency: 0,
    balancer_start: Math.round(call.at),
    ip: call.route?.service.host ?? '',
    port: call.route?.service.port ?? 8080,
  };
  return failed
    ? [
        { ...one, state: 'failed', code: call.status },
        { ...one, state: 'failed', code: call.status },
      ]
    : [one];
};

/** As Kong's `kong.request.get_query()`: decoded, repeated ones as arrays, bare ones as true. */
const parsed = (query: string | undefined): object => {
  const found: Record<string, string | true | (string | true)[]> = {};
  if (query === undefined || query === '') return found;
  for (const part of query.split('&').slice(0, 100)) {
    const cut = part.indexOf('=');
    const name = decoded(cut < 0 ? part : part.slice(0, cut));
    const value = cut < 0 ? true : decoded(part.slice(cut + 1));
    const before = Object.hasOwn(found, name) ? found[name] : undefined;
    const next = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
    Object.defineProperty(found, name, { value: next, enumerable: true, configurable: true, writable: true });
  }
  return found;
};

const decoded = (text: string): string => {
  const plain = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
};
