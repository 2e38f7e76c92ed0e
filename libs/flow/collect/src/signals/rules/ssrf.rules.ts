import { CRITICAL_SCORE, WARNING_SCORE } from '@outrider/domain/signals/attack-family';
import { critical, linear, type AttackRule } from '../attack-rule.ts';
import { HAS, PLACE, type Subject } from '../subject.ts';

const r = String.raw;

/** Parameters whose address the browser is sent to, not the server: OAuth clients on localhost are honest there (RFC 8252). */
const BROWSER = linear(
  r`^(?:.*_)?(?:redirect.*|post_?logout.*|return_?(?:to|url|uri)?|returnto|next|continue|origin|referr?er|state|scope|audience|resource|iss|issuer|login_?url|success_?url|cancel_?url|failure_?url|from|base_?url|location_?href|page_?url|client_?id|back_?url|forward|goto|ru|dl|dr|_?documenturl|cb)$`,
);
const FREE_TEXT = linear(r`^(?:q|query|search|term|keywords?|text|title|comment|message|description|note)$`);
const CALLBACK = linear(r`^(?:.*_)?callback(?:_?ur[li])?$`);

/** What makes an inner address more than an address: ports of stores and control planes, and paths to their secrets. */
const TARGET = linear(
  r`:(?:22|23|25|445|2375|2376|2379|3306|5432|5984|6379|6443|8001|8444|8500|9200|10250|10255|11211|27017)(?:/|$)|/(?:latest/|computemetadata|metadata|admin|actuator|server-status|v1/(?:agent|secrets?)|_cat|containers/json)`,
);
const AUTHORITY = /^\s*(?:[a-z][a-z0-9+.-]{1,20}:)?[/\\]{2,}([^/?#\\]{0,255})/;

interface Authority {
  readonly host: string;
  /** Written so as to get past a filter: as one number, in octal or hex, with parts left out, behind a user name. */
  readonly disguised: boolean;
}

const authorityOf = (text: string): Authority | undefined => {
  const found = AUTHORITY.exec(text)?.[1];
  if (found === undefined || found === '') return undefined;
  const at = found.lastIndexOf('@');
  const hostAndPort = found.slice(at + 1);
  const host = hostAndPort.startsWith('[')
    ? hostAndPort.slice(0, hostAndPort.indexOf(']') + 1)
    : (hostAndPort.split(':', 1)[0] ?? '');
  return {
    host: host.endsWith('.') ? host.slice(0, -1) : host,
    disguised: at > 0 && !found.slice(0, at).includes(':'),
  };
};

/** The address of a host as the C library reads it (inet_aton): decimal, octal, hex, one to four parts; -1 when it is a name. */
export const looseIpv4 = (host: string): number => {
  const parts = host.split('.', 5);
  if (parts.length > 4 || host === '') return -1;
  let value = 0;
  for (const [i, part] of parts.entries()) {
    if (!/^(?:0x[0-9a-f]{1,8}|\d{1,12})$/.test(part)) return -1;
    const number = part.startsWith('0x')
      ? Number(part)
      : part.length > 1 && part.startsWith('0')
        ? parseInt(part, 8)
        : Number(part);
    if (!Number.isFinite(number)) return -1;
    const last = i === parts.length - 1;
    const bound = last ? 2 ** (8 * (4 - i)) : 256;
    if (number >= bound) return -1;
    value = last ? value + number : value + number * 2 ** (8 * (3 - i));
  }
  return value;
};

const isPlainIpv4 = (host: string): boolean => /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(host);

type Network = 'metadata' | 'loopback' | 'private' | undefined;

const METADATA_HOSTS = new Set([
  'metadata.google.internal',
  'metadata',
  'instance-data',
  'metadata.tencentyun.com',
  '[fd00:ec2::254]',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[0:0:0:0:0:ffff:a9fe:a9fe]',
]);
/** Public names that resolve to an address in their own label, or to loopback: made for tests, used for getting past filters. */
const REBINDING =
  /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|rbndr\.us|1u\.ms|spoofed\.burpcollaborator\.net)$/;

const networkOf = (host: string): Network => {
  if (METADATA_HOSTS.has(host)) return 'metadata';
  if (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === 'localhost.localdomain' ||
    host === 'ip6-localhost'
  )
    return 'loopback';
  if (host.startsWith('[')) return networkOfV6(host);
  const ip = looseIpv4(host);
  if (ip < 0) return undefined;
  const first = Math.floor(ip / 2 ** 24);
  const second = Math.floor(ip / 2 ** 16) % 256;
  if (ip === 0xa9fea9fe || ip === 0x646464c8 || ip === 0xc0000ac0) return 'metadata';
  if (first === 127 || ip === 0) return 'loopback';
  if (
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254)
  )
    return 'private';
  return undefined;
};

const networkOfV6 = (host: string): Network => {
  const bare = host.slice(1, -1);
  if (/^[0:]*:(?:0{0,3}1)?$/.test(bare)) return 'loopback';
  if (/^(?:0{0,4}:)*(?::?ffff:)(?:127\.|7f[0-9a-f]{2}:)/.test(bare)) return 'loopback';
  if (/^(?:0{0,4}:)*(?::?ffff:)(?:169\.254\.169\.254|a9fe:a9fe)$/.test(bare)) return 'metadata';
  return /^f[cd][0-9a-f]{2}:|^fe80:/.test(bare) ? 'private' : undefined;
};

const scoreOf = (subject: Subject): number => {
  const { plain, name } = subject;
  const authority = authorityOf(plain);
  if (authority === undefined) return 0;
  const network = networkOf(authority.host);
  if (network === 'metadata') return CRITICAL_SCORE;
  const rebinding =
    REBINDING.test(authority.host) &&
    (looseIpv4(authority.host.split('.', 4).join('.')) >= 0 ||
      /127|10-|192-168|169-254|localtest|lvh|vcap/.test(authority.host));
  if (network === undefined && !rebinding) return 0;
  if (BROWSER.test(name)) return 0;
  if (CALLBACK.test(name)) return network === 'private' || TARGET.test(plain) ? WARNING_SCORE : 0;
  const disguised =
    authority.disguised ||
    rebinding ||
    (!authority.host.startsWith('[') &&
      network !== undefined &&
      authority.host !== 'localhost' &&
      !isPlainIpv4(authority.host));
  if (network === 'loopback' && !disguised && !TARGET.test(plain) && FREE_TEXT.test(name)) return WARNING_SCORE;
  if (disguised || network === 'loopback' || TARGET.test(plain)) return CRITICAL_SCORE;
  return WARNING_SCORE;
};

/** The server made to fetch what it should not: metadata of clouds, itself, its neighbours. */
export const SSRF_RULES: readonly AttackRule[] = [
  {
    family: 'ssrf',
    score: CRITICAL_SCORE,
    places: PLACE.value,
    needs: HAS.slash,
    matches: (subject) => scoreOf(subject) === CRITICAL_SCORE,
  },
  {
    family: 'ssrf',
    score: WARNING_SCORE,
    places: PLACE.value,
    needs: HAS.slash,
    matches: (subject) => scoreOf(subject) === WARNING_SCORE,
  },
  critical(
    'ssrf',
    r`^\s*(?:gopher|dict|ldaps?|tftp|netdoc|sftp|imap|smtp|telnet|rmi|jar:https?|local_file|file)://?[^\s]*[.:/\d]`,
    { needs: HAS.slash, places: PLACE.value, unless: r`^file:///?[a-z]:/users|^sftp://[\w.-]+\.\w{2,}(?:/|:)` },
  ),
  critical(
    'ssrf',
    r`\b169\.254\.169\.254\b|\b169\.254\.170\.2\b|\bmetadata\.google\.internal\b|/latest/meta-data|/computemetadata/v1|\b100\.100\.100\.200/latest|/metadata/instance\?api-version`,
    {
      words: ['169.254.', 'metadata', '/latest/meta', '100.100.100'],
      places: PLACE.value | PLACE.path | PLACE.agent,
      unless: r`^/latest/meta-data-[a-z]|^[a-z\s]+$`,
    },
  ),
];
