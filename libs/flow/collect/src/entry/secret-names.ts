import { BoundedCache } from './bounded-cache.ts';

/** Headers that carry a credential, in the order in which they are looked at. */
const WELL_KNOWN_HEADERS = [
  'apikey', 'x-api-key', 'api-key', 'authorization', 'x-apikey', 'x-auth-token', 'x-access-token', 'x-api-token', 'proxy-authorization',
] as const; // prettier-ignore

/** Without case and punctuation: `X-API-Key`, `api_key` and `apiKey` are one name. */
const WELL_KNOWN = new Set([
  'apikey', 'xapikey', 'key', 'token', 'auth', 'authorization', 'proxyauthorization', 'jwt', 'bearer', 'basic', 'password', 'passwd',
  'pwd', 'pass', 'passphrase', 'passcode', 'secret', 'sig', 'signature', 'hmac', 'session', 'sessionid', 'sid', 'ssid', 'jsessionid',
  'phpsessid', 'aspsessionid', 'connectsid', 'code', 'otp', 'totp', 'pin', 'credential', 'credentials', 'assertion', 'clientassertion',
  'samlresponse', 'samlrequest', 'privatekey', 'accesskey', 'secretkey', 'awsaccesskeyid', 'xamzcredential', 'cookie', 'setcookie',
  'csrf', 'xsrf', 'ticket', 'subscriptionkey', 'appkey', 'cvv', 'cvc', 'cardnumber', 'ssn', 'iban', 'userinfo',
]); // prettier-ignore
const SECRET_ENDINGS = [
  'token',
  'secret',
  'password',
  'apikey',
  'signature',
  'sessionid',
  'passwd',
  'accesskey',
  'privatekey',
];

const WELL_KNOWN_COOKIES = [
  'session',
  'sessionid',
  'sid',
  'connect.sid',
  'jsessionid',
  'phpsessid',
  'jwt',
  'token',
  'access_token',
];

/** Names per gateway are configuration; this only stops a runaway Admin API. */
const MAX_LEARNED = 200;
const MAX_NAME = 128;
const CACHED_NAMES = 4096;

/** The names under which one gateway's callers present credentials. */
export class CredentialNames {
  /** Counts up whenever names were learned: results that were cached under older names are void. */
  version = 0;
  headers: readonly string[] = WELL_KNOWN_HEADERS;
  cookies: readonly string[] = WELL_KNOWN_COOKIES;
  readonly #learned = new Set<string>();
  readonly #known = new BoundedCache<boolean>(CACHED_NAMES);

  /** Adds header, query and cookie names (one list: Kong uses key names for headers and queries alike). */
  learn(names: readonly string[]): void {
    let added = false;
    for (const name of names) {
      const lower = name.toLowerCase();
      if (lower === '' || lower.length > MAX_NAME || this.#learned.has(lower) || this.#learned.size >= MAX_LEARNED)
        continue;
      this.#learned.add(lower);
      added = true;
    }
    if (!added) return;
    this.headers = [...new Set([...this.#learned, ...WELL_KNOWN_HEADERS])];
    this.cookies = [...new Set([...this.#learned, ...WELL_KNOWN_COOKIES])];
    this.#known.clear();
    this.version++;
  }

  /** Whether a value under this (decoded) header, query or cookie name is a secret. */
  isSecret(name: string): boolean {
    if (name.length > MAX_NAME) return false;
    const cached = this.#known.get(name);
    if (cached !== undefined) return cached;
    const lower = name.toLowerCase();
    const plain = lower.replace(/[^a-z0-9]/g, '');
    const secret =
      this.#learned.has(lower) || WELL_KNOWN.has(plain) || SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
    this.#known.set(name, secret);
    return secret;
  }
}

/** All gateways' credential names; the refresher learns into it while readers read. */
export class SecretNames {
  readonly #gateways = new Map<string, CredentialNames>();

  /** `gateway` is `tenant/gateway`. */
  of(gateway: string): CredentialNames {
    let names = this.#gateways.get(gateway);
    if (!names) this.#gateways.set(gateway, (names = new CredentialNames()));
    return names;
  }

  learn(gateway: string, names: readonly string[]): void {
    this.of(gateway).learn(names);
  }
}
