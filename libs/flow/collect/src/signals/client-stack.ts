import { BoundedCache } from '../entry/bounded-cache.ts';
import { objectOf, textOf, type RawObject } from '../entry/raw-value.ts';
import type { CredentialNames } from '../entry/secret-names.ts';

/** Headers of one request, of its way, or of its caller, rather than of the program that sent it. */
const NOT_OF_THE_STACK = new Set([
  'authorization', 'b3', 'baggage', 'cache-control', 'cdn-loop', 'connection', 'cookie', 'expect', 'forwarded', 'host', 'idempotency-key',
  'keep-alive', 'max-forwards', 'newrelic', 'origin', 'pragma', 'proxy-authorization', 'proxy-connection', 'range', 'if-range', 'referer',
  'sec-fetch-user', 'sentry-trace', 'traceparent', 'tracestate', 'transfer-encoding', 'true-client-ip', 'upgrade-insecure-requests', 'via',
  'x-anonymous-consumer', 'x-client-ip', 'x-cloud-trace-context', 'x-cluster-client-ip', 'x-correlation-id', 'x-envoy-external-address',
  'x-http-method', 'x-http-method-override', 'x-method-override', 'x-original-url', 'x-real-ip', 'x-request-id', 'x-request-start',
  'x-rewrite-url', 'x-trace-id', 'x-transaction-id', 'x-userinfo',
]); // prettier-ignore
const NOT_PREFIXES = [
  'content-', 'if-', 'x-forwarded-', 'x-consumer-', 'x-credential-', 'x-kong-', 'x-b3-', 'x-datadog-', 'x-amzn-', 'x-amz-cf-', 'cf-',
  'fastly-', 'x-azure-', 'x-envoy-', 'x-ot-span', 'uber-trace-',
]; // prettier-ignore

const MAX_NAMES = 2_048;
const MAX_VALUE = 1_024;
const CACHED_VALUES = 8_192;
const CACHED_PRINTS = 8_192;

/** 64 bits as two halves. */
interface Hash {
  readonly a: number;
  readonly b: number;
}

/** Names a client's stack by what its program sends: agent, accepts, TLS, and which headers there are; for the callers of one gateway. */
export class ClientStack {
  readonly #weights = new Map<string, Hash>();
  readonly #values = new BoundedCache<Hash>(CACHED_VALUES);
  readonly #prints = new Map<number, { readonly b: number; readonly print: string }>();
  #version: number;

  constructor(private readonly names: CredentialNames) {
    this.#version = names.version;
  }

  /** 16 hex digits, the same for the same stack whatever the order of its headers; '' for a request without headers. */
  fingerprint(headers: RawObject, tls: unknown): string {
    if (this.#version !== this.names.version) {
      this.#version = this.names.version;
      this.#weights.clear();
    }
    let a = 0;
    let b = 0;
    let count = 0;
    for (const name in headers) {
      const weight = this.#weights.get(name) ?? this.#weigh(name);
      a = (a + weight.a) | 0;
      b = (b + weight.b) | 0;
      count++;
    }
    if (count === 0) return '';
    for (const name of VALUES) {
      const hash = this.#hashOf(headers[name]);
      a = Math.imul(a ^ hash.a, 0x9e3779b1) ^ (b >>> 15);
      b = Math.imul(b ^ hash.b, 0x85ebca77) ^ (a >>> 13);
    }
    if (tls !== undefined) {
      const { version, cipher } = objectOf(tls);
      const [v, c] = [this.#hashOf(version), this.#hashOf(cipher)];
      a = Math.imul(a ^ v.a, 0xc2b2ae3d) + c.b;
      b = Math.imul(b ^ v.b, 0x27d4eb2f) + c.a;
    }
    return this.#print(a | 0, b | 0);
  }

  #hashOf(value: unknown): Hash {
    if (value === undefined) return NOTHING;
    const text = textOf(value, MAX_VALUE);
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    const hash = hashText(text);
    this.#values.set(text, hash);
    return hash;
  }

  #weigh(name: string): Hash {
    const isOther =
      NOT_OF_THE_STACK.has(name) || NOT_PREFIXES.some((p) => name.startsWith(p)) || this.names.isSecret(name);
    const weight = isOther ? NOTHING : hashText(name);
    if (this.#weights.size >= MAX_NAMES) this.#weights.clear();
    this.#weights.set(name, weight);
    return weight;
  }

  #print(a: number, b: number): string {
    const known = this.#prints.get(a);
    if (known !== undefined && known.b === b) return known.print;
    const print = hex(a) + hex(b);
    if (this.#prints.size >= CACHED_PRINTS) this.#prints.clear();
    this.#prints.set(a, { b, print });
    return print;
  }
}

const VALUES = ['user-agent', 'accept', 'accept-language', 'accept-encoding'] as const;
const NOTHING: Hash = { a: 0, b: 0 };

const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

/** FNV-1a twice, with other beginnings, and a last mixing. */
const hashText = (text: string): Hash => {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ (c + i), 0x5bd1e995);
  }
  return { a: a ^ (a >>> 16), b: b ^ (b >>> 13) };
};
