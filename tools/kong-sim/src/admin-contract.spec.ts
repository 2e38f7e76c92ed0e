import { readFileSync } from 'node:fs';
import { isObject, type Json } from './json.ts';
import { startKongSim, type KongSim } from './kong-sim.ts';

type Call = Pick<Exchange, 'method' | 'path' | 'requestBody' | 'contentType'> & { readonly title?: string };

interface Exchange {
  readonly section: string;
  readonly title: string;
  readonly method: string;
  readonly path: string;
  /** Of the request; JSON where absent. */
  readonly contentType?: string;
  readonly requestBody: Json;
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
}

const recorded = (file: string): Exchange[] =>
  readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Exchange);

/** In the order of the recording; the two exchanges with other content types than JSON stand in a file of their own. */
const RECORDED: readonly Exchange[] = recorded('admin-transcripts.ndjson').flatMap((exchange) =>
  exchange.title === 'GET unknown consumer'
    ? [...recorded('admin-transcripts-other-types.ndjson'), exchange]
    : [exchange],
);

/** Exchanges that are not replayed at all, each with the reason. */
const EXCLUDED: readonly {
  readonly what: string;
  readonly matches: (exchange: Exchange) => boolean;
  readonly reason: string;
}[] = [
  {
    what: '/config',
    matches: ({ path }) => path.startsWith('/config'),
    reason: 'the declarative configuration endpoint of a DB-less node is not imitated; seed() takes its place',
  },
];

/** Exchanges whose status is replayed but whose body cannot be compared whole. */
const PARTLY: readonly { readonly path: string; readonly fields: readonly string[]; readonly reason: string }[] = [
  { path: '/', fields: ['version'], reason: 'the recording is cut, and 200 settings describe that machine' },
  { path: '/status', fields: [], reason: 'counters and memory of that machine; its top-level keys are compared' },
];

const isExcluded = (exchange: Exchange): boolean => EXCLUDED.some(({ matches }) => matches(exchange));
const REPLAYED = RECORDED.filter((exchange) => !isExcluded(exchange));

const isDbless = ({ section }: Exchange): boolean => section.startsWith('5.');

/** What stood between two recorded exchanges and was not itself recorded, by the title of the exchange after it. */
const UNRECORDED: Readonly<Record<string, readonly Call[]>> = {
  'proxy-cache on the route': [
    {
      method: 'POST',
      path: '/services/svc/routes',
      requestBody: { id: 'a1521f92-3596-4e9f-9d35-346bf88f580a', name: 'r-cache', paths: ['/cache'] },
    },
  ],
};

describe('the Admin API answers as the recorded Kong 3.9.3 did', () => {
  let traditional: KongSim;
  let dbless: KongSim;
  /** The next id or key to hand out: the recorded one, so that ids in later paths and the order of pages agree. */
  let nextId: string | undefined;
  let nextKey: string | undefined;
  let fallback = 0;

  beforeAll(async () => {
    const sources = {
      generateId: () => nextId ?? `00000000-0000-4000-9000-${String(++fallback).padStart(12, '0')}`,
      generateKey: () => nextKey ?? 'k'.repeat(32),
    };
    traditional = await startKongSim({ sources, upstream: 'http://127.0.0.1:9' });
    dbless = await startKongSim({ sources, dbless: true, upstream: 'http://127.0.0.1:9' });
  });

  afterAll(async () => {
    await Promise.all([traditional.stop(), dbless.stop()]);
  });

  test.each(
    REPLAYED.map((exchange, at) => [at, `${exchange.method} ${exchange.path}: ${exchange.title}`, exchange] as const),
  )('%i %s', async (_, __, exchange) => {
    const sim = isDbless(exchange) ? await preparedDbless(exchange) : traditional;
    for (const missing of UNRECORDED[exchange.title] ?? []) await call(sim, missing);
    nextId = isObject(exchange.body) && typeof exchange.body['id'] === 'string' ? exchange.body['id'] : undefined;
    nextKey = isObject(exchange.body) && typeof exchange.body['key'] === 'string' ? exchange.body['key'] : undefined;

    const answer = await call(sim, exchange);

    expect(answer.status).toBe(exchange.status);
    expect(answer.contentType ?? '').toBe(exchange.headers['Content-Type'] ?? '');
    expect(answer.headers.get('allow')).toBe(exchange.headers['Allow'] ?? null);
    const partly = PARTLY.find(({ path }) => path === exchange.path);
    if (partly === undefined) return expect(normalized(answer.body)).toEqual(normalized(exchange.body));
    comparePartly(exchange, answer.body, partly.fields);
  });

  /** The DB-less node, with what the recorded one got through POST /config; each of those replaced all before it. */
  const preparedDbless = async (exchange: Exchange): Promise<KongSim> => {
    nextId = undefined;
    if (exchange.title === 'write still refused') dbless.seed({ consumers: [{ username: 'alice' }] });
    if (exchange.title === 'consumers have ids chosen by Kong') {
      await dbless.stop();
      dbless = await startKongSim({ dbless: true, upstream: 'http://127.0.0.1:9' });
      dbless.seed({ consumers: [{ id: '88286e7a-ca23-5fb9-826f-883c086305b0', username: 'only' }] });
    }
    return dbless;
  };

  test('leaves out no more than the listed exchanges', () => {
    expect(RECORDED).toHaveLength(177);
    expect(RECORDED.filter(isExcluded).map(({ path }) => path.split('?')[0])).toEqual(Array(8).fill('/config'));
  });
});

const comparePartly = (exchange: Exchange, body: Json, fields: readonly string[]): void => {
  if (!isObject(body)) throw new Error(`${exchange.path} answered no object`);
  // A recording that was cut is text; what is compared stands near its beginning.
  for (const field of fields) expect(String(exchange.body)).toContain(`"${field}": ${JSON.stringify(body[field])}`);
  if (isObject(exchange.body)) expect(Object.keys(body).sort()).toEqual(Object.keys(exchange.body).sort());
};

const call = async (
  sim: KongSim,
  { method, path, requestBody, contentType = 'application/json', title = '' }: Call,
) => {
  const answer = await fetch(`${sim.adminUrl}${path}`, {
    method,
    ...(requestBody === null ? {} : { body: encode(requestBody, title), headers: { 'content-type': contentType } }),
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type');
  return {
    status: answer.status,
    headers: answer.headers,
    contentType: type,
    body: (type?.startsWith('application/json') === true ? JSON.parse(text) : text) as Json,
  };
};

// One tag was sent in latin-1 to see it refused.
const encode = (body: Json, title: string): Buffer => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.from(text, title === 'tag with a space and a colon / unicode' ? 'latin1' : 'utf8');
};

/** Times, remaining lifetimes and request ids differ from run to run; everything else must be the same. */
const normalized = (value: Json, key = ''): Json => {
  if (Array.isArray(value)) return value.map((item) => normalized(item));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, normalized(inner, name)]));
  if ((key === 'created_at' || key === 'updated_at') && typeof value === 'number') return 'a time';
  if (key === 'ttl' && typeof value === 'number') return value > 0 && value <= 60 ? 'a minute at most' : value;
  if (key === 'request_id' && typeof value === 'string') return /^[0-9a-f]{32}$/.test(value) ? 'a request id' : value;
  return value;
};
