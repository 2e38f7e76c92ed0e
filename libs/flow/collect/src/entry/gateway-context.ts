import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { BoundedCache } from './bounded-cache.ts';
import { loggedIp, TrustedProxies } from './client-ip.ts';
import { requestPath, type RequestPath } from './request-path.ts';
import type { CredentialNames, SecretNames } from './secret-names.ts';
import { redactText } from './secret-text.ts';
import type { RawObject } from './raw-value.ts';
import { Upstreams } from './upstream.ts';
import { ClientStack } from '../signals/client-stack.ts';

const CACHED_PATHS = 16_384;
const CACHED_IPS = 65_536;
const CACHED_TEXTS = 8_192;
const MAX_CACHED_KEY = 256;
const MAX_CACHED_URI = 1_024;
const MAX_USER_AGENT = 256;
const MAX_HOST = 255;

/** `tenant/gateway`: how one gateway is named inside collect. */
export const gatewayKey = (tenant: string, gateway: string): string => `${tenant}/${gateway}`;

/** What the reader must know of the gateway that an entry came from, and what it remembers of its recent traffic. */
export class GatewayContext {
  readonly key: string;
  readonly tenant: string;
  readonly gateway: string;
  readonly trusted: TrustedProxies;
  readonly names: CredentialNames;
  readonly keepQueryValues: ReadonlySet<string>;
  readonly stack: ClientStack;
  readonly #paths = new BoundedCache<RequestPath>(CACHED_PATHS);
  readonly #texts = new BoundedCache<string>(CACHED_TEXTS);
  readonly #hosts = new BoundedCache<string>(CACHED_TEXTS);
  readonly #ips = new BoundedCache<string>(CACHED_IPS);
  #upstreams: Upstreams;
  #version: number;

  /** Throws CallerError when a trusted proxy is no address. */
  constructor(settings: GatewaySettings, secretNames: SecretNames) {
    this.key = gatewayKey(settings.tenant, settings.id);
    this.tenant = settings.tenant;
    this.gateway = settings.id;
    this.trusted = new TrustedProxies(settings.trustedProxies);
    this.names = secretNames.of(this.key);
    this.names.learn(settings.keyNames);
    this.stack = new ClientStack(this.names);
    this.#upstreams = new Upstreams(this.names);
    this.keepQueryValues = new Set(settings.keepQueryValues);
    this.#version = this.names.version;
  }

  /** `within` is the string that `raw` may be a part of: a long one is not to be kept alive by a remembered path. */
  path(raw: string, within: string): RequestPath {
    this.#forgetOldNames();
    const cached = this.#paths.get(raw);
    if (cached !== undefined) return cached;
    const made = requestPath(raw, this.names);
    // A path with an id in it hardly comes again: it would only push out those that do.
    const mayComeAgain = made.template === made.path;
    if (mayComeAgain && raw.length <= MAX_CACHED_KEY && within.length <= MAX_CACHED_URI) this.#paths.set(raw, made);
    return made;
  }

  /** A user agent without secrets, bounded. */
  userAgent(raw: string): string {
    if (raw === '') return '';
    this.#forgetOldNames();
    const cached = this.#texts.get(raw);
    if (cached !== undefined) return cached;
    const made = redactText(raw.length > 1_024 ? raw.slice(0, 1_024) : raw, this.names).slice(0, MAX_USER_AGENT);
    if (raw.length <= MAX_CACHED_KEY) this.#texts.set(raw, made);
    return made;
  }

  /** A host name in lower case, without user, password and port. */
  host(raw: string): string {
    if (raw === '') return '';
    const cached = this.#hosts.get(raw);
    if (cached !== undefined) return cached;
    const made = this.#hostOf(raw);
    if (raw.length <= MAX_CACHED_KEY) this.#hosts.set(raw, made);
    return made;
  }

  /** `host:port` behind the service of an entry; see Upstreams. */
  upstream(service: RawObject, tries: unknown): string {
    this.#forgetOldNames();
    return this.#upstreams.of(service, tries);
  }

  ip(raw: string): string {
    const cached = this.#ips.get(raw);
    if (cached !== undefined) return cached;
    const made = loggedIp(raw);
    if (raw.length <= MAX_CACHED_KEY) this.#ips.set(raw, made);
    return made;
  }

  #hostOf(raw: string): string {
    const host = raw.slice(raw.lastIndexOf('@') + 1, raw.lastIndexOf('@') + 1 + 512);
    const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
    return redactText(end > 0 ? host.slice(0, end) : host, this.names)
      .toLowerCase()
      .slice(0, MAX_HOST);
  }

  #forgetOldNames(): void {
    if (this.#version === this.names.version) return;
    this.#version = this.names.version;
    this.#paths.clear();
    this.#texts.clear();
    this.#hosts.clear();
    this.#upstreams = new Upstreams(this.names);
  }
}
