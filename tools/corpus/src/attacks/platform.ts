import type { Call } from '../call.ts';
import type { Target } from '../habits/actor.ts';
import { HOUR, MINUTE, SECOND } from '../time.ts';
import type { Route } from '../world/world.ts';
import { named, whose, type Attack, type Crew } from './attack.ts';
import { EVERYBODY } from './volume.ts';

interface Place {
  readonly upstreams: readonly (readonly [host: string, port: number])[];
  readonly base: string;
  readonly reads: readonly string[];
  readonly writes: readonly (readonly [method: string, path: string])[];
}

/** What a route should never lead to, and what is asked there. */
const ADMIN: Place = {
  upstreams: [['127.0.0.1', 8001], ['localhost', 8001], ['127.0.0.1', 8444], ['kong-admin.kong.svc.cluster.local', 8444], ['kong', 8001]], // prettier-ignore
  base: '/kong-admin',
  reads: [
    '/',
    '/services',
    '/routes',
    '/consumers',
    '/plugins',
    '/key-auths',
    '/upstreams',
    '/certificates',
    '/config',
  ],
  writes: [['POST', '/consumers'], ['POST', '/consumers/ops2/key-auth'], ['POST', '/plugins'], ['PATCH', '/services/core'], ['DELETE', '/plugins/limits']], // prettier-ignore
};
const METADATA: Place = {
  upstreams: [['169.254.169.254', 80]],
  base: '/proxy',
  reads: ['/latest/meta-data/', '/latest/meta-data/iam/security-credentials/', '/latest/user-data', '/latest/dynamic/instance-identity/document'], // prettier-ignore
  writes: [['PUT', '/latest/api/token']],
};
const DOCKER: Place = {
  upstreams: [['10.0.0.12', 2375]],
  base: '/build',
  reads: ['/version', '/containers/json', '/images/json', '/info'],
  writes: [
    ['POST', '/containers/create'],
    ['POST', '/containers/x1/start'],
  ],
};

/** A service and a route of their own, as somebody made them by mistake or on purpose. */
const routeTo = (crew: Crew, place: Place, auth: boolean): Route => {
  const { random } = crew;
  const [host, port] = random.pick(place.upstreams);
  const service = { id: random.uuid(), name: random.pick(['internal', 'ops', 'loopback', 'tools']), host, port };
  return { id: random.uuid(), name: `r-${service.name}`, paths: [place.base], service, auth, limited: false };
};

const targetOf = (route: Route, [method, path]: readonly [string, string], bytes: number): Target => ({
  route,
  method,
  path: `${route.paths[0] ?? ''}${path}`,
  bytes,
  latencyMs: 12,
  ...(method === 'GET' ? {} : { requestBytes: 240 }),
});

/** Somebody found the way to the control plane: looks around, and from medium strength on changes things. */
const abuse: Attack = {
  type: 'control-plane-abuse',
  days: 1,
  plan: (crew) => {
    const { random, strength } = crew;
    const place = random.pick([ADMIN, ADMIN, ADMIN, METADATA, DOCKER]);
    const auth = random.chance(0.4);
    const route = routeTo(crew, place, auth);
    const victim = auth ? crew.victim('human', 'partner', 'integrator') : undefined;
    const client = victim === undefined ? crew.client() : crew.stolen(victim);
    return {
      entities: [named('service', route.service.id), named('ip', client.address), ...(victim === undefined ? [] : whose(victim))], // prettier-ignore
      also: ['privileged-path-probing', 'function-level-abuse'],
      calls: crew.paced(crew.count(3, 15, 80), crew.level(60, 10, 1) * SECOND, (at, i) => {
        const write = strength !== 'weak' && i > 4 && random.chance(0.4);
        const target = targetOf(route, write ? random.pick(place.writes) : ['GET', random.pick(place.reads)], 4000);
        const status = write ? random.pick([201, 200, 201, 409]) : random.pick([200, 200, 200, 200, 404]);
        return crew.call(at, client, victim?.consumer, target, i === 0 ? 200 : status);
      }),
    };
  },
};

/** Keys are tried at an Admin API that stands behind key-auth. */
const guessing: Attack = {
  type: 'control-plane-abuse',
  plan: (crew) => {
    const { random } = crew;
    const route = routeTo(crew, ADMIN, true);
    const client = crew.client();
    return {
      entities: [named('service', route.service.id), named('ip', client.address)],
      also: ['brute-force', 'privileged-path-probing'],
      calls: crew.paced(crew.count(14, 60, 500), crew.level(20, 4, 0.4) * SECOND, (at): Call => {
        const call = crew.call(at, client, undefined, targetOf(route, ['GET', random.pick(ADMIN.reads)], 300), 401);
        return { ...call, badKey: random.uuid().replaceAll('-', ''), byKong: true, bytes: 420, latencyMs: 1 };
      }),
    };
  },
};

const NODE = (['gateway', 'service', 'route', 'endpoint'] as const).map((kind) => named(kind, undefined));

/** A part of the lines does not arrive: a queue runs over, or somebody sees to it. */
const loss: Attack = {
  type: 'log-loss',
  days: 1,
  needs: 'limits',
  plan: (crew) => {
    const { random } = crew;
    const to = crew.from + random.between(60, 120) * MINUTE;
    const share = Math.min(0.8, crew.level(0.06, 0.2, 0.5));
    return {
      entities: NODE,
      consequences: [{ type: 'traffic-drop', entities: EVERYBODY, from: crew.from, to: to + HOUR }],
      calls: [],
      loses: (call) => call.at > crew.from && call.at < to && random.chance(share),
      from: crew.from,
      to,
    };
  },
};

/** One of several nodes, whose lines are in the same log, has a wrong clock. */
const wrongClock: Attack = {
  type: 'log-loss',
  plan: (crew) => {
    const { random } = crew;
    const to = crew.from + random.between(60, 120) * MINUTE;
    const skewMs = crew.level(12 * MINUTE, HOUR, 8 * HOUR);
    const share = crew.level(0.08, 0.2, 0.35);
    return {
      entities: NODE,
      // what the wrong lines tell is believed at the wrong time
      consequences: [
        { type: 'log-loss', entities: NODE, from: crew.from, to: to + skewMs + HOUR },
        { type: 'traffic-drop', entities: EVERYBODY, from: crew.from, to: to + HOUR },
      ],
      calls: [],
      change: (call) => (call.at > crew.from && call.at < to && random.chance(share) ? { ...call, skewMs } : call),
      from: crew.from,
      to,
    };
  },
};

export const PLATFORM = {
  'log-loss': loss,
  'log-loss-clock': wrongClock,
  'control-plane-abuse': abuse,
  'control-plane-guessing': guessing,
} satisfies Record<string, Attack>;
