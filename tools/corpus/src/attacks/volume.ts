import type { Call } from '../call.ts';
import { detail, list, one } from '../habits/actor.ts';
import { searchFor } from '../habits/people.ts';
import { HOUR, MINUTE, SECOND } from '../time.ts';
import { named, whose, type Attack } from './attack.ts';

const requestSpike: Attack = {
  type: 'request-spike',
  days: 2,
  plan: (crew) => {
    const victim = crew.victim('partner', 'integrator', 'reader', 'human');
    const client = crew.stolen(victim);
    const resource = victim.resources[0] ?? crew.world.products;
    const seconds = crew.random.between(180, 420);
    const perFive = Math.min(20_000, Math.max(crew.level(320, 900, 6000), victim.peak * crew.level(3.5, 8, 40)));
    const total = Math.round((perFive * seconds) / 300);
    const target = crew.random.chance(0.5) ? list(crew.world, resource, 1) : one(resource, victim.own(resource, 1));
    return {
      entities: whose(victim, client.address),
      calls: crew.paced(total, (seconds * 1000) / total, (at) => crew.call(at, client, victim.consumer, target, 200)),
    };
  },
};

/** The same from one address without a key. */
const addressSpike: Attack = {
  type: 'request-spike',
  days: 2,
  plan: (crew) => {
    const client = crew.client();
    const target = crew.random.chance(0.5)
      ? searchFor(crew.setting, crew.random)
      : detail(crew.world, crew.world.products, crew.random.integer(0, 50));
    return {
      entities: [named('ip', client.address), named('endpoint', undefined)],
      also: ['distributed-flood', 'scraping'],
      calls: crew.paced(crew.count(600, 2500, 15_000), crew.level(400, 90, 15), (at) =>
        crew.call(at, client, undefined, target, 200),
      ),
    };
  },
};

const distributedFlood: Attack = {
  type: 'distributed-flood',
  days: 2,
  plan: (crew) => {
    const { world, random } = crew;
    const addresses = crew.addresses(crew.count(150, 400, 1500));
    const clients = addresses.map((address) => crew.client(address));
    const total = crew.count(3000, 9000, 25_000);
    const target = random.chance(0.5) ? searchFor(crew.setting, random) : list(world, world.products, 1);
    const ms = random.between(3, 6) * MINUTE;
    return {
      entities: [named('service', target.route.service.id), named('endpoint', undefined), named('route', target.route.id), named('gateway', undefined)], // prettier-ignore
      also: ['request-spike'],
      calls: crew.paced(total, ms / total, (at) => crew.call(at, random.pick(clients), undefined, target, random.chance(0.9) ? 200 : 503)), // prettier-ignore
    };
  },
};

const latency: Attack = {
  type: 'latency-amplification',
  days: 2,
  plan: (crew) => {
    const victim = crew.victim('partner', 'human', 'integrator');
    const client = crew.stolen(victim);
    const resource = victim.resources[0] ?? crew.world.products;
    const target = {
      ...list(crew.world, resource, 1, '&expand=all&limit=100000&sort=total'),
      latencyMs: crew.level(5000, 9000, 25_000),
    };
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined)],
      calls: crew.paced(crew.count(30, 60, 150), 5 * SECOND, (at) => crew.call(at, client, victim.consumer, target, crew.random.chance(0.85) ? 200 : 500)), // prettier-ignore
    };
  },
};

const sensitiveFlow: Attack = {
  type: 'sensitive-flow-abuse',
  days: 1,
  plan: (crew) => {
    const client = crew.client();
    const target = {
      route: crew.world.routes.auth,
      method: 'POST',
      path: crew.world.otpPath,
      bytes: 300,
      latencyMs: 220,
      requestBytes: 120,
    };
    return {
      entities: [named('ip', client.address), named('endpoint', undefined)],
      also: ['request-spike'],
      calls: crew.paced(crew.count(40, 150, 800), crew.level(25, 10, 2) * SECOND, (at) => crew.call(at, client, undefined, target, 200)), // prettier-ignore
    };
  },
};

/** Several stolen keys in turn, from one machine, as each meets its limit. */
const rotation: Attack = {
  type: 'rate-limit-evasion',
  days: 1,
  plan: (crew) => {
    const victims = crew.victims(crew.count(6, 9, 15));
    const client = crew.client();
    const { world, random } = crew;
    const each = crew.count(8, 30, 120);
    return {
      entities: [named('ip', client.address), ...victims.flatMap((one) => whose(one))],
      also: ['shared-fingerprint'],
      calls: crew.paced(victims.length * each * 2, 350, (at, i) => {
        const victim = victims[Math.floor(i / each) % victims.length] ?? victims[0];
        const call = crew.call(at, client, victim?.consumer, list(world, world.resources[0] ?? world.products, random.integer(1, 50)), 200); // prettier-ignore
        const rate = {
          limit: each,
          remaining: Math.max(0, each - (i % each) - 2),
          reset: 60 - (Math.floor(at / 1000) % 60),
        };
        return i % each >= each - 2
          ? { ...call, rate, status: 429, byKong: true, bytes: 410, latencyMs: 1 }
          : { ...call, rate };
      }),
    };
  },
};

/** A new first hop in X-Forwarded-For with each call. */
const forwarded: Attack = {
  type: 'rate-limit-evasion',
  plan: (crew) => {
    const client = crew.client();
    const { random } = crew;
    const target = {
      route: crew.world.routes.auth,
      method: 'POST',
      path: crew.world.loginPath,
      bytes: 300,
      latencyMs: 90,
      requestBytes: 150,
    };
    return {
      entities: [named('ip', client.address)],
      also: ['brute-force'],
      calls: crew.paced(crew.count(26, 90, 600), crew.level(9, 3, 0.4) * SECOND, (at) => ({
        ...crew.call(at, client, undefined, target, 401),
        headers: { 'x-forwarded-for': `${random.pick(['10', '192', '172'])}.${random.integer(0, 255)}.${random.integer(0, 255)}.${random.integer(1, 254)}` }, // prettier-ignore
      })),
    };
  },
};

const oversized: Attack = {
  type: 'oversized-payload',
  days: 1,
  plan: (crew) => {
    const victim = crew.victim('partner', 'integrator', 'human');
    const client = crew.stolen(victim);
    const resource = victim.resources[0] ?? crew.world.users;
    const target = {
      ...one(resource, victim.own(resource, 2)),
      method: 'PUT',
      requestBytes: crew.level(1.6e6, 8e6, 4e7),
      latencyMs: 900,
    };
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined)],
      calls: crew.paced(crew.count(4, 8, 30), 25 * SECOND, (at) => crew.call(at, client, victim.consumer, target, crew.random.pick([200, 400, 413, 500]))), // prettier-ignore
    };
  },
};

const errors: Attack = {
  type: 'error-spike',
  days: 1,
  plan: (crew) => {
    const victim = crew.victim('partner', 'integrator', 'reader');
    const client = victim.clients[0] ?? crew.client();
    const resource = victim.resources[0] ?? crew.world.users;
    const share = crew.level(0.3, 0.55, 0.8);
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined), named('service', resource.route.service.id), named('route', resource.route.id)], // prettier-ignore
      calls: crew.paced(crew.count(120, 200, 400), 2.2 * SECOND, (at, i) =>
        crew.call(at, client, victim.consumer, one(resource, victim.own(resource, i % 20)), crew.random.chance(share) ? 500 : 200)), // prettier-ignore
    };
  },
};

/** A consumer that never rests goes silent. */
const silence: Attack = {
  type: 'traffic-drop',
  days: 10,
  plan: (crew) => {
    const victim = crew.victim('poller');
    const to = crew.from + crew.level(5 * HOUR, 12 * HOUR, 30 * HOUR);
    return {
      entities: [...whose(victim), named('endpoint', undefined)],
      calls: [],
      change: (call) =>
        call.at > crew.from && call.at < to && call.consumer?.id === victim.consumer.id ? undefined : call,
      from: crew.from,
      to,
    };
  },
};

const ticks: Attack = {
  type: 'automation',
  days: 2,
  plan: (crew) => {
    const victim = crew.victim('human', 'admin');
    const client = crew.stolen(victim);
    const base = crew.world.routes.checkout.paths[0] ?? '';
    const every = crew.random.pick([2000, 3000, 5000]);
    const n = crew.count(150, 400, 1200);
    const calls = function* (): Generator<Call> {
      for (let i = 0; i < n; i++)
        yield crew.call(crew.from + i * every + crew.random.between(-3, 3), client, victim.consumer, { route: crew.world.routes.checkout, path: `${base}/cart`, bytes: 900, latencyMs: 50 }, 200); // prettier-ignore
    };
    return { entities: whose(victim, client.address), also: ['request-spike', 'off-hours'], calls: calls() };
  },
};

export const EVERYBODY = (['consumer', 'credential', 'ip', 'endpoint', 'route', 'service', 'gateway'] as const).map((kind) => named(kind, undefined)); // prettier-ignore

/** All of the gateway's lines are missing for a while. */
const silentSource: Attack = {
  type: 'silent-source',
  days: 2,
  plan: (crew) => {
    const to = crew.from + crew.level(30 * MINUTE, 90 * MINUTE, 4 * HOUR);
    return {
      entities: [named('gateway', undefined), named('service', undefined), named('route', undefined)],
      also: ['log-loss'],
      consequences: [{ type: 'traffic-drop', entities: EVERYBODY, from: crew.from, to: to + HOUR }],
      calls: [],
      change: (call) => (call.at > crew.from && call.at < to ? undefined : call),
      from: crew.from,
      to,
    };
  },
};

export const VOLUME = {
  'request-spike': requestSpike,
  'request-spike-address': addressSpike,
  'distributed-flood': distributedFlood,
  'latency-amplification': latency,
  'sensitive-flow-abuse': sensitiveFlow,
  'rate-limit-evasion-keys': rotation,
  'rate-limit-evasion-forwarded': forwarded,
  'oversized-payload': oversized,
  'error-spike': errors,
  'traffic-drop': silence,
  automation: ticks,
  'silent-source': silentSource,
} satisfies Record<string, Attack>;
