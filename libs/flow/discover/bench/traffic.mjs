/** Traffic that an OpenAPI document allows: seeded, Zipf over endpoints, callers and values, with faults, typing errors and a scanner. */
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'];
const DAY_MS = 86_400_000;

export const randomOf = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const hash = (text) => {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return (h ^ (h >>> 13)) >>> 0;
};

/** Index 0 … n-1 with weight 1/(i+1)^s. */
export const zipf = (n, s, random) => {
  const sums = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) sums[i] = sum += 1 / (i + 1) ** s;
  return () => {
    const x = random() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (sums[mid] < x) low = mid + 1;
      else high = mid;
    }
    return low;
  };
};

const basePath = (document) => {
  const url = document.servers?.[0]?.url ?? '';
  const expanded = url.replace(/\{([^}]+)\}/g, (_, name) => document.servers[0].variables?.[name]?.default ?? 'x');
  const path = expanded.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/\/[^/]*/, '');
  return path.replace(/\/+$/, '');
};

const resolve = (document, node) => {
  let at = node;
  for (let i = 0; i < 5 && at?.$ref !== undefined; i++)
    at = at.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce((o, k) => o?.[k.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  return at ?? {};
};

/** [{ method, template, key, parameters: Map name → schema }], one for each structure. */
export const operationsOf = (document) => {
  const base = basePath(document);
  const seen = new Map();
  for (const [path, item] of Object.entries(document.paths))
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const parameters = new Map();
      for (const raw of [...(item.parameters ?? []), ...(item[method].parameters ?? [])]) {
        const parameter = resolve(document, raw);
        if (parameter.in === 'path') parameters.set(parameter.name, resolve(document, parameter.schema ?? parameter));
      }
      const template = base + path.replace(/[?#].*$/, '');
      const key = `${method.toUpperCase()} ${structureOf(template)}`;
      if (!seen.has(key)) seen.set(key, { method: method.toUpperCase(), template, key, parameters });
    }
  return [...seen.values()];
};

/** What of a template is not taste: `/orders/{orderId}.json` → `/orders/{}.json`. */
export const structureOf = (template) => {
  const segments = template.split('/').filter((s) => s !== '');
  return `/${segments.map((segment) => (segment.includes('{') ? structureOfSegment(segment) : segment)).join('/')}`;
};
const structureOfSegment = (segment) => {
  if (/^[A-Za-z_][\w.]*\(.*\)$/.test(segment)) return `${segment.slice(0, segment.indexOf('('))}({})`;
  const suffix = /\}(\.[A-Za-z0-9]{1,7}|:[a-z][A-Za-z]*)$/.exec(segment)?.[1] ?? '';
  return `{}${suffix}`;
};

/** Also right: where the document itself lists a parameter's values, each of them as a name. */
export const alsoRight = (operation) => {
  let all = [operation.template];
  for (const [name, schema] of operation.parameters) {
    const values = schema.enum ?? schema.items?.enum;
    if (!Array.isArray(values) || values.length > 40) continue;
    all = all.flatMap((t) => [t, ...values.map((v) => t.replaceAll(`{${name}}`, String(v)))]);
    if (all.length > 2000) break;
  }
  return all.map((t) => `${operation.method} ${structureOf(t)}`);
};

const SYLLABLES = 'ba be bo da de di do fa fi ga go ha hi jo ka ke ki ko la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se si so ta te ti to va vi wa we ya yo za zu'.split(' '); // prettier-ignore
const NOUNS = 'web app api core data server client tools docs kit lib engine service worker site theme plugin utils cli sdk demo test infra config portal mobile proxy store cloud graph search hub lab box flow stack'.split(' '); // prettier-ignore
const BRANCHES = ['main', 'master', 'develop', 'staging', 'release', 'gh-pages', 'next', 'dev'];

const makers = {
  int: (r) => String(1 + Math.floor(r() ** 3 * 5e7)),
  uuid: (r) => hex(r, 8) + '-' + hex(r, 4) + '-4' + hex(r, 3) + '-a' + hex(r, 3) + '-' + hex(r, 12),
  sha: (r) => hex(r, 40),
  objectId: (r) => hex(r, 24),
  token: (r) => chars(r, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 14),
  shortToken: (r) => chars(r, 'abcdefghijklmnopqrstuvwxyz0123456789', 8),
  login: (r) =>
    word(r, 2 + Math.floor(r() * 2)) +
    (r() < 0.3 ? String(Math.floor(r() * 99)) : '') +
    (r() < 0.15 ? '-' + word(r, 2) : ''),
  slug: (r) =>
    (r() < 0.3 ? pick(r, NOUNS) : word(r, 2)) +
    (r() < 0.6 ? '-' + pick(r, NOUNS) : '') +
    (r() < 0.1 ? '-' + Math.floor(r() * 20) : ''),
  branch: (r) =>
    r() < 0.5 ? pick(r, BRANCHES) : r() < 0.5 ? `feature%2F${word(r, 3)}` : `${word(r, 2)}-${Math.floor(r() * 900)}`,
  tag: (r) => `v${Math.floor(r() * 9)}.${Math.floor(r() * 20)}.${Math.floor(r() * 20)}`,
  file: (r) => `src%2F${word(r, 2)}%2F${word(r, 2)}.ts`,
  key: (r) => `${word(r, 2)}_${pick(r, NOUNS)}`.toUpperCase(),
  email: (r) => `${word(r, 2)}.${word(r, 3)}@${word(r, 3)}.example`,
  date: (r) => `202${Math.floor(r() * 6)}-0${1 + Math.floor(r() * 9)}-1${Math.floor(r() * 9)}`,
  ip: (r) => [0, 0, 0, 0].map(() => 1 + Math.floor(r() * 250)).join('.'),
  word: (r) => word(r, 2 + Math.floor(r() * 2)),
  region: (r) =>
    `${pick(r, ['us', 'eu', 'asia'])}-${pick(r, ['east', 'west', 'north', 'central'])}${1 + Math.floor(r() * 3)}`,
  zone: (r) => `${makers.region(r)}-${pick(r, ['a', 'b', 'c'])}`,
  label: (r) => (r() < 0.5 ? word(r, 2) : `${word(r, 2)}%20${word(r, 2)}`),
  issueKey: (r) => `${chars(r, 'ABCDEFGHIJKLMNOP', 3)}-${1 + Math.floor(r() * 4000)}`,
};
const hex = (r, n) => chars(r, '0123456789abcdef', n);
const chars = (r, from, n) => Array.from({ length: n }, () => from[Math.floor(r() * from.length)]).join('');
const word = (r, n) => Array.from({ length: n }, () => pick(r, SYLLABLES)).join('');
const pick = (r, from) => from[Math.floor(r() * from.length)];

/** [maker, pool size] by the parameter's schema and name; what neither tells is drawn by a hash of the name. */
const poolKind = (name, schema) => {
  const n = name.toLowerCase().replaceAll(/[-_]/g, '');
  if (schema.format === 'uuid') return ['uuid', 20_000];
  if (schema.format === 'date' || schema.format === 'date-time') return ['date', 400];
  if (schema.format === 'email') return ['email', 5_000];
  if (schema.type === 'integer' || schema.type === 'number') return ['int', 50_000];
  if (/(^|[a-z])(issue(id)?orkey|issuekey)/.test(n)) return ['issueKey', 5_000];
  if (/namespace$/.test(n)) return ['slug', 25];
  if (/environment/.test(n)) return ['word', 12];
  if (/zone$/.test(n)) return ['zone', 40];
  if (/region$/.test(n)) return ['region', 14];
  if (/sha$|commit|digest/.test(n)) return ['sha', 20_000];
  if (/branch|^ref$|basehead/.test(n)) return ['branch', 300];
  if (/tag$|version/.test(n)) return ['tag', 300];
  if (/email/.test(n)) return ['email', 5_000];
  if (/(^|file|archive)path$|file/.test(n)) return ['file', 3_000];
  if (/ip(address)?$/.test(n) && !/zip|ship|recip/.test(n)) return ['ip', 2_000];
  if (/date$/.test(n)) return ['date', 400];
  if (/owner|user|login|assignee|author|member|^org|enterprise|account|realm|tenant|company/.test(n) && !/id$/.test(n))
    return ['login', 2_500];
  if (/repo|project|slug|package|template|name$|title/.test(n) && !/id$/.test(n)) return ['slug', 4_000];
  if (/label/.test(n)) return ['label', 200];
  if (/key$|variable|secret/.test(n)) return ['key', 500];
  if (/id$|number$|uuid$/.test(n)) return [['int', 'uuid', 'objectId', 'token', 'int', 'uuid'][hash(n) % 6], 20_000];
  return [['slug', 'word', 'token', 'int', 'shortToken', 'login'][hash(n) % 6], 2_000];
};

/**
 * Returns `next()` → { method, path, status, caller, at, truth } (truth undefined for noise). `days` are spanned by `requests`.
 * Half of the parameters are private: a caller mostly uses its own values. The others are shared by all.
 */
export const trafficOf = (document, { seed, requests, callers, days = 7, endpointSkew = 1 }) => {
  const random = randomOf(seed);
  const operations = shuffled(operationsOf(document), random);
  const nextOperation = zipf(operations.length, endpointSkew, random);
  const nextCaller = zipf(callers, 0.8, random);
  const pools = new Map();
  const step = (days * DAY_MS) / requests;
  const start = 1_780_000_000_000;
  const literals = operations.flatMap((o) => o.template.split('/').filter((s) => s !== '' && !s.includes('{')));
  let i = 0;

  const valueOf = (name, schema, caller) => {
    const listed = schema.enum ?? schema.items?.enum;
    if (Array.isArray(listed)) return encodeURIComponent(String(pick(random, listed)));
    const [maker, size] = poolKind(name, schema);
    const poolKey = `${maker}:${maker === 'login' ? '' : name.toLowerCase()}`;
    let pool = pools.get(poolKey);
    if (pool === undefined) {
      const own = randomOf(hash(poolKey) ^ seed);
      pool = {
        values: Array.from({ length: size }, () => makers[maker](own)),
        next: zipf(size, 1, random),
        isPrivate: hash(poolKey) % 2 === 0,
      };
      pools.set(poolKey, pool);
    }
    const index = pool.next();
    if (!pool.isPrivate || random() < 0.2) return pool.values[index];
    return pool.values[(hash(`${caller}`) + (index % 40)) % pool.values.length];
  };

  const scanner = scannerOf(literals, random);
  return () => {
    const at = start + i++ * step;
    const draw = random();
    // The scanner comes for a twentieth of the time.
    if (draw < 0.03 || (i % 20_000 > 19_000 && draw < 0.5)) {
      const scanned = draw < 0.01 ? typingError(operations, random) : scanner();
      return {
        method: 'GET',
        path: scanned,
        status: random() < 0.004 ? 302 : random() < 0.9 ? 404 : 403,
        caller: 'scanner',
        at,
        truth: undefined,
      };
    }
    const operation = operations[nextOperation()];
    const caller = `c${nextCaller()}`;
    const path = operation.template.replace(/\{([^}]+)\}/g, (_, name) =>
      valueOf(name, operation.parameters.get(name) ?? {}, caller),
    );
    const fate = random();
    const status = fate < 0.9 ? 200 : fate < 0.93 ? 304 : fate < 0.98 ? 404 : 500;
    return { method: operation.method, path, status, caller, at, truth: operation };
  };
};

const typingError = (operations, random) =>
  `${pick(random, operations).template.replace(/\{[^}]+\}/g, 'x')}/${word(random, 2)}`;

const scannerOf = (literals, random) => {
  const words = 'admin .env .git/config wp-login.php phpinfo.php actuator/env backup.zip config.json server-status api/v1/users debug console swagger.json graphql login test old dev tmp'.split(' '); // prettier-ignore
  return () => {
    const prefix = random() < 0.5 ? '' : `/${pick(random, literals)}`;
    return `${prefix}/${random() < 0.5 ? pick(random, words) : word(random, 3)}`;
  };
};

const shuffled = (all, random) => {
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
};
