import type { Call, Consumer } from '../call.ts';
import { hashOf, Random } from '../random.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { Internet } from '../world/addresses.ts';
import { browser, telephone, tool } from '../world/clients.ts';
import { idOf, type Resource } from '../world/world.ts';
import { merge, type Source } from '../merge.ts';
import { ask, detail, list, moments, type Setting } from './actor.ts';
import { iterate, session, type Visitor } from './people.ts';

/** What every gateway sees besides its consumers: visitors, log-ins, crawlers, monitors, dead links, stale keys. */
export const visitors = (setting: Setting): Source<Call>[] => {
  const { events } = setting.mood;
  const all: [string, (setting: Setting, random: Random) => Iterable<Call>, boolean][] = [
    ['guests', guests, true],
    ['logins', logins, true],
    ['strays', strays, true],
    ['dead-link', deadLink, events.has('dead-link')],
    ['stale-fleet', staleFleet, events.has('stale-fleet')],
    ['monitoring', monitor, events.has('monitoring')],
    ['crawler', crawler, events.has('crawler')],
    ['feed', feed, events.has('crawler')],
    ['typos', typos, events.has('typo-morning')],
    ['retry-client', poison, events.has('retry-client')],
    ['campaign', campaign, events.has('campaign')],
    ['gdpr', gdpr, events.has('gdpr-export')],
  ];
  return all
    .filter(([, , on]) => on)
    .map(([name, make]) => ({ at: setting.span.from, open: () => make(setting, Random.of(setting.seed, name)) }));
};

const visitorOf = (setting: Setting, random: Random, n: number): Visitor => {
  const { world } = setting;
  const network = world.internet.network(random, { kind: ['isp', 'mobile', 'business'], home: random.chance(0.85) });
  return {
    n,
    client: browser(random, Internet.address(random, network)),
    consumer: undefined,
    own: (resource: Resource, k: number) => idOf(world, resource, hashOf(`${n}/${k}/${resource.name}`) % resource.size),
  };
};

function* guests(setting: Setting, random: Random): Generator<Call> {
  const perDay = random.between(60, 250) * setting.scale;
  const publicOnly = function* (from: number): Generator<Call> {
    const tracked = random.chance(0.1);
    for (const call of session(setting, random, visitorOf(setting, random, random.integer(0, 1e6)), from, []))
      if (call.route?.auth !== true)
        yield tracked && call.query === undefined
          ? { ...call, query: 'utm_source=letter&utm_medium=email&fbclid=IwAR0x' }
          : call;
  };
  yield* merge(
    iterate(
      moments(random, setting.span, perDay / 45_000, (t) => setting.mood.demand(t, 'people')),
      (at) => ({ at, open: () => publicOnly(at) }),
    ),
  );
}

/** People log in, and sometimes mistype. */
function* logins(setting: Setting, random: Random): Generator<Call> {
  const perDay = random.between(80, 300) * setting.scale;
  yield* merge(
    iterate(
      moments(random, setting.span, perDay / 45_000, (t) => setting.mood.demand(t, 'people')),
      (at) => ({
        at,
        open: () => login(setting, random, at, random.chance(0.12) ? random.integer(1, 2) : 0),
      }),
    ),
  );
}

function* login(setting: Setting, random: Random, from: number, typos: number, address?: string): Generator<Call> {
  const { world } = setting;
  const { client } = visitorOf(setting, random, random.integer(0, 1e6));
  const mine = address === undefined ? client : { ...client, address };
  let at = from;
  const post = (path: string, status: number): Call =>
    ask(
      random,
      at,
      mine,
      undefined,
      { route: world.routes.auth, method: 'POST', path, bytes: 900, latencyMs: 120, requestBytes: 180 },
      status,
    );
  for (let i = 0; i < typos; i++) {
    yield post(world.loginPath, 401);
    at += random.around(9 * SECOND, 0.6);
  }
  if (typos >= 3) {
    yield post(world.otpPath, 200);
    at += random.around(60 * SECOND, 0.4);
  }
  yield post(world.loginPath, 200);
  if (random.chance(0.15)) {
    at += 4 * SECOND;
    yield post(world.otpPath, 200);
  }
}

/** After the holidays nobody remembers the password; half of them sit in one office. */
function* typos(setting: Setting, random: Random): Generator<Call> {
  const { mood } = setting;
  if (mood.typos === undefined) return;
  const office = Internet.address(random, setting.world.internet.network(random, { kind: ['business'], home: true }));
  const from = mood.typos;
  yield* merge(
    iterate(
      moments(random, { from, to: from + 100 * MINUTE }, 1 / 60, () => 1, 1),
      (at) => ({
        at,
        open: () =>
          login(setting, random, at, random.pick([0, 0, 1, 1, 2, 3]), random.chance(0.4) ? office : undefined),
      }),
    ),
  );
}

/** robots.txt, favicon and the like: many addresses, one call each. */
function* strays(setting: Setting, random: Random): Generator<Call> {
  for (const at of moments(random, setting.span, 1 / 500, () => 1, 1)) {
    const address = Internet.address(random, setting.world.internet.network(random, {}));
    const agent = random.pick(['Mozilla/5.0 (compatible; SemrushBot/7~bl)', 'Mozilla/5.0 (compatible; bingbot/2.0)', 'Mozilla/5.0 zgrab/0.x', 'facebookexternalhit/1.1', 'Mozilla/5.0 (compatible; CensysInspect/1.1)', 'Slackbot-LinkExpanding 1.0']); // prettier-ignore
    yield { at, client: tool(address, agent), route: undefined, method: 'GET', path: random.pick(['/robots.txt', '/favicon.ico', '/', '/apple-touch-icon.png', '/sitemap.xml']), status: 404, byKong: true, bytes: 230, latencyMs: 0 }; // prettier-ignore
  }
}

/** A page on the web still asks for an old picture, an old app for an old path: for ever. */
function* deadLink(setting: Setting, random: Random): Generator<Call> {
  const address = Internet.address(random, setting.world.internet.network(random, { kind: ['isp'], home: true }));
  const client = browser(random, address);
  for (let at = setting.span.from; at < setting.span.to; at += random.around(120 * SECOND, 0.1))
    yield {
      at,
      client,
      route: undefined,
      method: 'GET',
      path: '/assets/logo-2019.png',
      status: 404,
      byKong: true,
      bytes: 230,
      latencyMs: 0,
    };
}

/** Devices in the field with a key that has expired: each the same key, from its own address. */
function* staleFleet(setting: Setting, random: Random): Generator<Call> {
  const { world, span } = setting;
  const key = random.hex(32);
  const size = random.integer(8, 25);
  const network = world.internet.network(random, { kind: ['mobile', 'isp'], home: true });
  const begins = span.from + (span.to - span.from) * random.between(0.2, 0.5);
  const fleet = Array.from({ length: size }, (_, n) =>
    telephone(random, Internet.subscriber(network, n), 'Meter', '1.4.2'),
  );
  const path = `${world.routes.core.paths[0]}/${world.resources[0]?.name}`;
  for (let at = begins; at < span.to; at += random.around((900 * SECOND) / size, 0.3))
    yield { at, client: random.pick(fleet), badKey: key, route: world.routes.core, method: 'POST', path, status: 401, byKong: true, bytes: 300, latencyMs: 1, requestBytes: 300 }; // prettier-ignore
}

function* monitor(setting: Setting, random: Random): Generator<Call> {
  const { world, span } = setting;
  const client = tool('198.51.100.17', random.pick(['Uptime-Kuma/1.23.3', 'Pingdom.com_bot_version_1.4', 'kube-probe/1.29', 'Blackbox Exporter/0.24.0'])); // prettier-ignore
  for (let at = span.from + 5000; at < span.to; at += 120 * SECOND) {
    yield ask(random, at, client, undefined, { route: world.routes.catalogue, path: `${world.routes.catalogue.paths[0]}/health`, bytes: 120, latencyMs: 4 }, 200); // prettier-ignore
    for (const path of ['/status', '/metrics'])
      yield {
        at: at + 500,
        client,
        route: undefined,
        method: 'GET',
        path,
        status: 404,
        byKong: true,
        bytes: 230,
        latencyMs: 0,
      };
  }
}

/** A search engine: steady and slow, over products. */
function* crawler(setting: Setting, random: Random): Generator<Call> {
  const { world, span } = setting;
  for (const at of moments(random, span, 1 / 150, () => 1, 1)) {
    const client = tool(
      `66.249.66.${random.integer(1, 60)}`,
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    );
    const target = random.chance(0.2) ? list(world, world.products, random.integer(1, 60)) : detail(world, world.products, random.integer(0, world.products.size - 1)); // prettier-ignore
    yield ask(random, at, client, undefined, target);
  }
}

/** A message that is never accepted, tried again for hours. */
function* poison(setting: Setting, random: Random): Generator<Call> {
  const { span, world } = setting;
  const resource = random.pick(world.resources);
  const client = tool(
    Internet.address(random, world.internet.network(random, { kind: ['hosting'] })),
    'shop-sdk-java/5.12.0',
  );
  const consumer = consumerNamed(random, 'queue-worker');
  const from = span.from + (span.to - span.from) * random.between(0.3, 0.8);
  const to = from + random.between(3, 12) * HOUR;
  let at = span.from;
  while (at < span.to) {
    const stuck = at > from && at < to;
    yield ask(
      random,
      at,
      client,
      consumer,
      { ...list(world, resource, 1), method: 'POST', requestBytes: 900 },
      stuck ? 422 : 201,
    );
    at += random.around(stuck ? 60_000 : 300_000, 0.2);
  }
}

/** A comparison site looks at the same hundred products every few hours. */
function* feed(setting: Setting, random: Random): Generator<Call> {
  const { world, span } = setting;
  const network = world.internet.network(random, { kind: ['hosting'], home: true });
  const client = tool(Internet.address(random, network), 'PriceBot/1.3 (+https://prices.example/bot)');
  const first = random.integer(0, 400);
  for (let start = span.from + random.between(0, 6 * HOUR); start < span.to; start += 6 * HOUR) {
    let at = start;
    for (let i = 0; i < 100; i++) {
      yield ask(random, at, client, undefined, detail(world, world.products, first + i * 3));
      at += random.around(1500, 0.2);
    }
  }
}

/** A letter went out and thousands look at the same page. */
function* campaign(setting: Setting, random: Random): Generator<Call> {
  const { span, mood, world } = setting;
  const from =
    mood.local.midnight(span.from + (span.to - span.from) * random.between(0.5, 0.9)) + random.between(9, 19) * HOUR;
  const n = random.integer(0, 500);
  for (const at of moments(
    random,
    { from, to: Math.min(span.to, from + 3 * HOUR) },
    0.3,
    (t) => Math.exp(-(t - from) / HOUR),
    1,
  ))
    yield ask(
      random,
      at,
      visitorOf(setting, random, Math.floor(at)).client,
      undefined,
      detail(world, world.products, n),
      200,
    );
}

/** The law lets people ask for all that is known of them; a few a day, each large. */
function* gdpr(setting: Setting, random: Random): Generator<Call> {
  const { world, span } = setting;
  const client = tool('10.20.0.14', 'privacy-desk/2.1');
  const consumer = consumerNamed(random, 'privacy-desk');
  for (const at of moments(random, span, 6 / (DAY / 1000), (t) => setting.mood.demand(t, 'office') * 2, 2))
    yield ask(random, at, client, consumer, { route: world.routes.accounts, path: `${world.users.base}/${idOf(world, world.users, random.integer(0, world.users.size - 1))}/export`, bytes: random.around(2_500_000, 0.6), latencyMs: 2500 }, 200); // prettier-ignore
}

const consumerNamed = (random: Random, username: string): Consumer => ({
  id: random.uuid(),
  username,
  customId: undefined,
  tags: [],
  credential: random.uuid(),
  key: random.hex(32),
  scheme: 'key',
});
