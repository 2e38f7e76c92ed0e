import type { Call, Client } from '../call.ts';
import { list, one } from '../habits/actor.ts';
import { DAY, MINUTE, SECOND } from '../time.ts';
import { browser, tool } from '../world/clients.ts';
import { named, whose, type Attack, type Crew } from './attack.ts';

const login = (crew: Crew, at: number, client: Client, status: number, query?: string): Call =>
  crew.call(at, client, undefined, { route: crew.world.routes.auth, method: 'POST', path: crew.world.loginPath, query, bytes: 900, latencyMs: 110, requestBytes: 160 }, status); // prettier-ignore

const guess = (crew: Crew, at: number, client: Client): Call => ({
  at,
  client,
  badKey: crew.random.hex(32),
  route: crew.world.routes.core,
  method: 'GET',
  path: `${crew.world.routes.core.paths[0]}/${crew.world.resources[0]?.name}`,
  status: 401,
  byKong: true,
  bytes: 300,
  latencyMs: 1,
  patience: 0,
});

const keyGuessing: Attack = {
  type: 'brute-force',
  plan: (crew) => {
    const client = crew.client();
    return {
      entities: [named('ip', client.address)],
      calls: crew.paced(crew.count(15, 60, 1500), crew.level(3, 2, 0.15) * SECOND, (at) => guess(crew, at, client)),
    };
  },
};

/** One /24 takes turns. */
const keyGuessingPrefix: Attack = {
  type: 'brute-force',
  plan: (crew) => {
    const prefix = crew.address(['hosting']).replace(/\.\d+$/, '');
    const clients = Array.from({ length: crew.count(4, 8, 30) }, (_, i) => crew.client(`${prefix}.${i * 7 + 3}`, 'python-requests/2.31.0')); // prettier-ignore
    return {
      entities: [...clients.map((one) => named('ip', one.address)), named('ip', `${prefix}.0/24`), named('route', undefined), named('service', undefined), named('endpoint', undefined)], // prettier-ignore
      also: ['credential-stuffing'],
      calls: crew.paced(crew.count(45, 160, 1500), crew.level(4, 2, 0.3) * SECOND, (at, i) => guess(crew, at, clients[i % clients.length] ?? crew.client())), // prettier-ignore
    };
  },
};

/** hydra or patator at the log-in. */
const loginGuessing: Attack = {
  type: 'brute-force',
  plan: (crew) => {
    const client = crew.client(undefined, crew.random.pick(['Mozilla/5.0 (Hydra)', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'python-requests/2.31.0'])); // prettier-ignore
    const refused = crew.random.pick([401, 401, 403, 400, 422]);
    return {
      entities: [named('ip', client.address)],
      calls: crew.paced(crew.count(36, 120, 3000), crew.level(4.5, 1.2, 0.07) * SECOND, (at) =>
        login(crew, at, client, refused),
      ),
    };
  },
};

/** One password for many names. */
const spraying: Attack = {
  type: 'brute-force',
  plan: (crew) => {
    const client = crew.client();
    const names = crew.random.shuffled(Array.from({ length: 3000 }, (_, i) => `user${i}%40example.test`));
    return {
      entities: [named('ip', client.address)],
      also: ['credential-stuffing', 'account-takeover'],
      calls: crew.paced(crew.count(35, 150, 1500), crew.level(10, 4, 0.6) * SECOND, (at, i) => login(crew, at, client, crew.random.chance(0.004) ? 200 : 401, `username=${names[i % names.length]}`)), // prettier-ignore
    };
  },
};

const stuffing: Attack = {
  type: 'credential-stuffing',
  days: 1,
  plan: (crew) => {
    const addresses = crew.addresses(crew.count(70, 220, 1200));
    const shape = crew.random.chance(0.5) ? browser(crew.random, '0.0.0.0') : tool('0.0.0.0', crew.random.pick(['okhttp/4.9.3', 'python-requests/2.31.0', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/112.0.0.0 Safari/537.36'])); // prettier-ignore
    const tries = addresses.length * 2;
    const ms = crew.level(14, 10, 15) * MINUTE;
    return {
      entities: [...addresses.map((address) => named('ip', address)), named('endpoint', undefined), named('route', crew.world.routes.auth.id), named('service', crew.world.routes.auth.service.id), named('gateway', undefined)], // prettier-ignore
      also: ['distributed-flood'],
      calls: crew.paced(tries, ms / tries, (at) => login(crew, at, { ...shape, address: crew.random.pick(addresses) }, crew.random.chance(0.015) ? 200 : 401)), // prettier-ignore
    };
  },
};

const takeover: Attack = {
  type: 'account-takeover',
  plan: (crew) => {
    const client = crew.client();
    const fails = crew.count(7, 14, 80);
    const { world } = crew;
    const calls = function* (): Generator<Call> {
      let last = crew.from;
      for (const call of crew.paced(fails, crew.level(25, 12, 2) * SECOND, (at) => login(crew, at, client, 401))) {
        last = call.at;
        yield call;
      }
      yield login(crew, last + 20 * SECOND, client, 200);
      yield crew.call(last + 26 * SECOND, client, undefined, { route: world.routes.auth, method: 'POST', path: world.tokenPath, bytes: 900, latencyMs: 60 }, 200); // prettier-ignore
      yield* crew.paced(6, 4000, (at) => crew.call(at, client, undefined, { route: world.routes.auth, path: `${world.routes.auth.paths[0]}/me`, bytes: 1200, latencyMs: 30 }, 200), last + 30 * SECOND); // prettier-ignore
    };
    return { entities: [named('ip', client.address)], calls: calls() };
  },
};

const slow: Attack = {
  type: 'brute-force',
  plan: (crew) => {
    const client = crew.client();
    return {
      entities: [named('ip', client.address)],
      calls: crew.paced(crew.count(10, 24, 60), crew.level(16, 14, 12) * MINUTE, (at) => login(crew, at, client, 401)),
    };
  },
};

/** Somebody took key-auth off a route, and somebody else noticed. */
const anonymous: Attack = {
  type: 'anonymous-access',
  days: 2,
  plan: (crew) => {
    const { world } = crew;
    const resource = world.resources.find((one) => one.route.auth) ?? world.users;
    const client = crew.client();
    const bare = { ...resource.route, auth: false };
    return {
      entities: [named('ip', client.address), named('route', resource.route.id), named('endpoint', undefined), named('service', resource.route.service.id)], // prettier-ignore
      calls: crew.paced(crew.count(6, 40, 400), crew.level(20, 6, 1) * SECOND, (at, i) =>
        crew.call(at, client, undefined, { ...(i % 4 === 0 ? list(world, resource, 1 + i / 4) : one(resource, String(resource.first + i))), route: bare }, 200)), // prettier-ignore
    };
  },
};

/** A key that was withdrawn turns up elsewhere. */
const revoked: Attack = {
  type: 'revoked-credential',
  days: 4,
  plan: (crew) => {
    const victim = crew.victimWho(
      (one) => one.consumer.scheme === 'key' && ['partner', 'reader', 'poller', 'integrator'].includes(one.habit),
    );
    const client = crew.client();
    const changed = crew.from - DAY * 0.7;
    const fresh = { ...victim.consumer, key: crew.random.hex(32), credential: crew.random.uuid() };
    const resource = victim.resources[0] ?? crew.world.users;
    return {
      entities: whose(victim, client.address),
      also: ['brute-force'],
      calls: crew.paced(crew.count(26, 80, 400), crew.level(110, 30, 5) * SECOND, (at) => ({
        ...crew.refused(at, client, resource.base),
        badKey: victim.consumer.key,
      })),
      change: (call) => (call.at > changed && call.consumer?.credential === victim.consumer.credential ? { ...call, consumer: fresh } : call), // prettier-ignore
    };
  },
};

export const AUTHENTICATION = {
  'brute-force-keys': keyGuessing,
  'brute-force-keys-prefix': keyGuessingPrefix,
  'brute-force-login': loginGuessing,
  'brute-force-spraying': spraying,
  'brute-force-slow': slow,
  'credential-stuffing': stuffing,
  'account-takeover': takeover,
  'anonymous-access': anonymous,
  'revoked-credential': revoked,
} satisfies Record<string, Attack>;
