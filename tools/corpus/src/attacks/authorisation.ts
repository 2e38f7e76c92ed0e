import type { Call } from '../call.ts';
import { detail, list, one, write } from '../habits/actor.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { idOf } from '../world/world.ts';
import { named, whose, type Attack } from './attack.ts';

/** Intruder with a shuffled list of ids: some exist, many belong to others. */
const enumeration: Attack = {
  type: 'object-enumeration',
  days: 1,
  plan: (crew) => {
    const victim = crew.victim('human', 'partner', 'integrator', 'reader');
    const client = crew.stolen(victim);
    const { world, random } = crew;
    const resource = random.chance(0.5) ? world.users : (victim.resources[0] ?? world.users);
    const n = crew.count(60, 200, 2500);
    const first = random.integer(0, Math.max(0, resource.size - n * 2));
    const order = random.shuffled(Array.from({ length: n }, (_, i) => first + i * 2));
    const sub = random.chance(0.4) ? resource.subs[0] : undefined;
    const refusal = random.pick([403, 404, 403]);
    const share = random.pick([0.05, 0.3, 0.7]);
    return {
      entities: whose(victim, client.address),
      also: ['sequential-crawling', 'foreign-object-access'],
      calls: crew.paced(n, crew.level(4, 1.5, 0.2) * SECOND, (at, i) =>
        crew.call(at, client, victim.consumer, detail(world, resource, order[i] ?? 0, sub), random.chance(share) ? refusal : 200)), // prettier-ignore
    };
  },
};

/** One after the other, upwards. */
const crawling: Attack = {
  type: 'sequential-crawling',
  days: 1,
  plan: (crew) => {
    const victim = crew.victim('human', 'integrator', 'partner');
    const client = crew.stolen(victim);
    const { world, random } = crew;
    const resource = [...victim.resources, world.users, ...world.resources].find((each) => each.ids === 'int') ?? world.products; // prettier-ignore
    const start = resource.first + random.integer(0, 1000);
    const step = random.pick([1, 1, 1, 2, -1]);
    return {
      entities: whose(victim, client.address),
      also: ['object-enumeration', 'scraping'],
      calls: crew.paced(crew.count(35, 120, 2000), crew.level(5, 2, 0.3) * SECOND, (at, i) =>
        crew.call(at, client, victim.consumer, one(resource, String(Math.max(1, start + 1000 + i * step))), random.chance(0.92) ? 200 : 404)), // prettier-ignore
    };
  },
};

/** Every page of a list that people see three pages of. */
const paging: Attack = {
  type: 'sequential-crawling',
  days: 2,
  plan: (crew) => {
    const client = crew.client();
    const { world } = crew;
    return {
      entities: [named('ip', client.address)],
      also: ['scraping'],
      calls: crew.paced(crew.count(120, 300, 1200), crew.level(4, 2, 0.5) * SECOND, (at, i) =>
        crew.call(at, client, undefined, list(world, world.products, i + 1), 200)), // prettier-ignore
    };
  },
};

const foreign: Attack = {
  type: 'foreign-object-access',
  days: 6,
  plan: (crew) => {
    const owner = crew.victim('reader');
    const thief = crew.victim('human', 'partner', 'integrator');
    const client = crew.stolen(thief);
    const resource = owner.resources[0] ?? crew.world.users;
    return {
      entities: [...whose(thief, client.address), ...whose(owner)],
      also: ['object-enumeration', 'function-level-abuse'],
      calls: crew.paced(crew.count(5, 9, 12), crew.level(60, 20, 5) * SECOND, (at, i) =>
        crew.call(at, client, thief.consumer, one(resource, owner.own(resource, i), resource.subs[0]), 200)), // prettier-ignore
    };
  },
};

/** A partner tries what only staff may. */
const functions: Attack = {
  type: 'function-level-abuse',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('reader', 'partner', 'poller');
    const client = crew.stolen(victim);
    const { world, random } = crew;
    const admin = world.routes.admin.paths[0] ?? '/admin';
    const tries = [
      write(one(world.users, idOf(world, world.users, 7)), 'DELETE'),
      ...['users', 'roles', 'settings', 'reports', 'jobs', 'audit', 'keys', 'tenants'].flatMap((page) => [
        { route: world.routes.admin, path: `${admin}/${page}`, bytes: 3000, latencyMs: 40 },
        {
          route: world.routes.admin,
          method: 'POST',
          path: `${admin}/${page}`,
          bytes: 500,
          latencyMs: 60,
          requestBytes: 300,
        },
      ]),
    ];
    const order = random.shuffled(tries);
    const allowed = crew.strength === 'weak' ? 0 : crew.strength === 'medium' ? 0.3 : 0.8;
    return {
      entities: whose(victim, client.address),
      also: ['privileged-path-probing', 'method-tampering'],
      calls: crew.paced(crew.count(4, 8, 40), 8 * SECOND, (at, i) => {
        const target = order[i % order.length] ?? list(world, world.users, 1);
        const status = random.chance(allowed) || (allowed > 0 && i === 1) ? 200 : random.pick([403, 403, 405]);
        return {
          ...crew.call(at, client, victim.consumer, target, status),
          ...(status === 403 ? { byKong: true } : {}),
        };
      }),
    };
  },
};

const methods: Attack = {
  type: 'method-tampering',
  plan: (crew) => {
    const known = crew.random.chance(0.5);
    const victim = known ? crew.victim('human', 'partner') : undefined;
    const client = victim === undefined ? crew.client() : crew.stolen(victim);
    const { world, random } = crew;
    const override = random.chance(0.4);
    const bases = random.shuffled([world.products.base, `${world.products.base}/1`, world.loginPath, ...world.resources.map((each) => each.base), world.users.base, '/graphql', '/search']); // prettier-ignore
    const verbs = random.shuffled(['TRACE', 'PUT', 'PATCH', 'DELETE', 'TRACK', 'DEBUG', 'PROPFIND', 'CONNECT', 'MOVE']);
    return {
      entities: [named('ip', client.address), ...(victim === undefined ? [] : whose(victim))],
      also: ['endpoint-probing', 'function-level-abuse', 'brute-force'],
      calls: crew.paced(crew.count(9, 30, 120), crew.level(15, 5, 1) * SECOND, (at, i) => {
        const path = bases[i % bases.length] ?? '/';
        const route = crew.routeOf(path);
        const call = crew.call(at, client, victim?.consumer, { route: route ?? world.routes.catalogue, path, bytes: 400, latencyMs: 6 }, random.pick([405, 405, 405, 501])); // prettier-ignore
        const method = verbs[Math.floor(i / 2) % verbs.length] ?? 'TRACE';
        if (victim === undefined && route?.auth === true) return { ...crew.refused(at, client, path), method };
        return override
          ? { ...call, method: 'POST', headers: { 'x-http-method-override': method } }
          : { ...call, method };
      }),
    };
  },
};

const PRIVILEGED = ['/actuator/env', '/admin', '/swagger-ui.html', '/internal/metrics', '/manage/health', '/actuator/heapdump', '/console', '/api-docs', '/debug/pprof', '/jolokia/list', '/server-status', '/phpmyadmin/', '/_cat/indices', '/v2/api-docs', '/openapi.json', '/.well-known/admin', '/admin/config', '/metrics', '/swagger.json', '/internal/users', '/env', '/trace', '/heapdump', '/solr/admin/', '/wp-admin/', '/manager/html', '/druid/index.html', '/nacos/', '/actuator/mappings', '/actuator/gateway/routes']; // prettier-ignore

const privileged: Attack = {
  type: 'privileged-path-probing',
  plan: (crew) => {
    const client = crew.client();
    const order = crew.random.shuffled(PRIVILEGED);
    return {
      entities: [named('ip', client.address)],
      also: ['endpoint-probing'],
      calls: crew.paced(Math.min(order.length, crew.count(5, 12, 30)), crew.level(30, 10, 1) * SECOND, (at, i) => crew.refused(at, client, order[i] ?? '/admin')), // prettier-ignore
    };
  },
};

const exfiltration: Attack = {
  type: 'data-exfiltration',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('human', 'reader', 'poller');
    const client = crew.stolen(victim);
    const { world } = crew;
    const total = crew.level(90e6, 350e6, 3e9);
    const n = crew.count(40, 80, 160);
    const base = world.routes.exports.paths[0] ?? '/exports';
    return {
      entities: whose(victim, client.address),
      also: ['slow-exfiltration', 'oversized-payload'],
      calls: crew.paced(n, (35 * MINUTE) / n, (at, i) =>
        crew.call(at, client, victim.consumer, { route: world.routes.exports, path: `${base}/${100 + i}/download`, bytes: total / n, latencyMs: 3000 }, 200)), // prettier-ignore
    };
  },
};

/** A little more each day. */
const slowExfiltration: Attack = {
  type: 'slow-exfiltration',
  days: 30,
  plan: (crew) => {
    const victim = crew.victim('poller', 'reader');
    const client = victim.clients[0] ?? crew.client();
    const resource = victim.resources[0] ?? crew.world.users;
    const growth = crew.level(1.22, 1.35, 1.6);
    const days = 10;
    const from = crew.setting.span.to - days * DAY;
    const calls = function* (): Generator<Call> {
      for (let day = 0; day < days; day++) {
        const n = Math.min(1500, Math.round(60 * growth ** day));
        for (let i = 0; i < n; i++)
          yield crew.call(from + day * DAY + (i * 20 * HOUR) / n, client, victim.consumer, { ...one(resource, victim.own(resource, 500 + day * 1500 + i)), bytes: 40_000 }, 200); // prettier-ignore
      }
    };
    return {
      entities: whose(victim),
      also: ['data-exfiltration', 'scraping', 'object-enumeration'],
      calls: calls(),
      opens: from,
    };
  },
};

const scraping: Attack = {
  type: 'scraping',
  days: 1,
  plan: (crew) => {
    const { world, random } = crew;
    const client = crew.client(undefined, random.pick(['Scrapy/2.11 (+https://scrapy.org)', 'python-requests/2.31.0', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36'])); // prettier-ignore
    const order = random.shuffled(Array.from({ length: world.products.size }, (_, i) => i));
    const n = Math.min(order.length, crew.count(1200, 2500, 6000));
    return {
      entities: [named('ip', client.address)],
      also: ['object-enumeration', 'sequential-crawling', 'scanner-client', 'request-spike'],
      calls: crew.paced(n, crew.level(9, 3, 0.7) * SECOND, (at, i) => crew.call(at, client, undefined, detail(world, world.products, order[i] ?? 0), random.chance(0.97) ? 200 : 404)), // prettier-ignore
    };
  },
};

export const AUTHORISATION = {
  'object-enumeration': enumeration,
  'sequential-crawling': crawling,
  'sequential-crawling-pages': paging,
  'foreign-object-access': foreign,
  'function-level-abuse': functions,
  'method-tampering': methods,
  'privileged-path-probing': privileged,
  'data-exfiltration': exfiltration,
  'slow-exfiltration': slowExfiltration,
  scraping,
} satisfies Record<string, Attack>;
