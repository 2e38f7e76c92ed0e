import type { Call } from '../call.ts';
import { list, one, type Actor } from '../habits/actor.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { Internet } from '../world/addresses.ts';
import { agentOf, at as moved, withAgent } from '../world/clients.ts';
import { named, whose, type Attack, type Crew } from './attack.ts';

/** The victim's kind of calls, made by someone else. */
const asVictim = (crew: Crew, victim: Actor, at: number, client: Call['client'], i: number): Call => {
  const resource = victim.resources[i % victim.resources.length] ?? crew.world.users;
  return crew.call(at, client, victim.consumer, i % 5 === 0 ? list(crew.world, resource, 1) : one(resource, victim.own(resource, i % 25)), 200); // prettier-ignore
};

/** A tool of another family than all of the victim's. */
const otherAgent = (crew: Crew, victim: Actor): string => {
  const families = new Set(victim.clients.map((one) => agentOf(one).split('/')[0]));
  const tools = ['python-requests/2.28.1', 'PostmanRuntime/7.36.0', 'HTTPie/3.2.2', 'Wget/1.21.4', 'curl/7.88.1'];
  return crew.random.pick(tools.filter((agent) => !families.has(agent.split('/')[0])));
};

const sharing: Attack = {
  type: 'credential-sharing',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('human', 'partner', 'reader');
    const networks = Array.from({ length: crew.count(5, 9, 25) }, () => crew.network(['isp', 'hosting', 'mobile']));
    const clients = networks.map((network) => crew.client(Internet.address(crew.random, network)));
    const each = 14;
    return {
      entities: whose(victim, ...clients.map((one) => one.address)),
      also: ['new-origin', 'leaked-credential'],
      calls: crew.paced(clients.length * each, (40 * MINUTE) / (clients.length * each), (at, i) => asVictim(crew, victim, at, clients[i % clients.length] ?? crew.client(), i)), // prettier-ignore
    };
  },
};

/** The key works from a hoster abroad, with the victim's own software. */
const newOrigin: Attack = {
  type: 'new-origin',
  days: 6,
  needs: 'addresses',
  plan: (crew) => {
    const victim = crew.victim('reader', 'partner', 'poller');
    const client = moved(victim.clients[0] ?? crew.client(), crew.address(['hosting', 'vpn'], victim.country));
    return {
      entities: whose(victim, client.address),
      also: ['leaked-credential'],
      calls: crew.paced(crew.count(8, 30, 150), 20 * SECOND, (at, i) => asVictim(crew, victim, at, client, i)),
    };
  },
};

const leaked: Attack = {
  type: 'leaked-credential',
  days: 6,
  plan: (crew) => {
    const victim = crew.victim('partner', 'reader', 'poller');
    const client = crew.client(crew.address(['hosting', 'vpn'], victim.country), otherAgent(crew, victim));
    return {
      entities: whose(victim, client.address),
      also: ['new-origin', 'new-client', 'credential-sharing'],
      calls: crew.paced(crew.count(10, 40, 300), 15 * SECOND, (at, i) => asVictim(crew, victim, at, client, i)),
    };
  },
};

const newClient: Attack = {
  type: 'new-client',
  days: 6,
  plan: (crew) => {
    const victim = crew.victim('partner', 'reader', 'poller');
    const client = withAgent(victim.clients[0] ?? crew.client(), otherAgent(crew, victim)); // prettier-ignore
    return {
      entities: whose(victim, client.address),
      also: ['leaked-credential', 'scanner-client'],
      calls: crew.paced(crew.count(10, 40, 200), 15 * SECOND, (at, i) => asVictim(crew, victim, at, client, i)),
    };
  },
};

const travel: Attack = {
  type: 'impossible-travel',
  days: 4,
  needs: 'addresses',
  plan: (crew) => {
    const victim = crew.victim('human', 'admin');
    const own = victim.clients[0] ?? crew.client();
    const far = crew.world.internet.networks.filter((one) => one.kind === 'isp' && ['SG', 'BR', 'IN', 'ZA', 'US', 'CN'].includes(one.country) && one.country !== victim.country); // prettier-ignore
    const there = moved(own, Internet.address(crew.random, crew.random.pick(far)));
    const half = crew.count(5, 15, 60);
    return {
      entities: whose(victim, there.address),
      also: ['new-origin', 'leaked-credential', 'credential-sharing'],
      calls: crew.paced(half * 2, crew.level(50, 30, 8) * SECOND, (at, i) => asVictim(crew, victim, at, i < half ? own : there, i)), // prettier-ignore
    };
  },
};

/** Silent for weeks, then back. */
const dormant: Attack = {
  type: 'dormant-credential',
  days: 38,
  plan: (crew) => {
    const victim = crew.victim('human', 'partner', 'reader');
    const since = crew.setting.span.from + crew.random.between(2, 4) * DAY;
    const client = crew.random.chance(0.5) ? (victim.clients[0] ?? crew.client()) : crew.client();
    return {
      entities: whose(victim, client.address),
      also: ['leaked-credential', 'new-client', 'new-origin', 'data-exfiltration'],
      calls: crew.paced(crew.count(25, 80, 500), crew.level(90, 30, 5) * SECOND, (at, i) =>
        asVictim(crew, victim, at, client, i),
      ),
      consequences: [{ type: 'traffic-drop', entities: whose(victim), from: since, to: crew.from }],
      change: (call) => (call.at > since && call.consumer?.id === victim.consumer.id ? undefined : call),
    };
  },
};

/** A person's key at three on a Sunday morning. */
const offHours: Attack = {
  type: 'off-hours',
  days: 30,
  plan: (crew) => {
    const victim = crew.victim('human', 'admin');
    const { local } = crew.world;
    let night = local.midnight(crew.from) + crew.random.between(2, 4) * HOUR;
    if (night < crew.from) night += DAY;
    const client = victim.clients[0] ?? crew.client();
    return {
      entities: whose(victim),
      calls: crew.paced(crew.count(35, 80, 200), 12 * SECOND, (at, i) => asVictim(crew, victim, at, client, i), night),
    };
  },
};

const cycling: Attack = {
  type: 'shared-fingerprint',
  days: 1,
  plan: (crew) => {
    const victims = crew.victims(crew.count(6, 10, 18));
    const client = crew.client();
    return {
      entities: [named('ip', client.address), ...victims.flatMap((one) => whose(one))],
      also: ['rate-limit-evasion'],
      calls: crew.paced(victims.length * crew.count(2, 6, 20), crew.level(20, 6, 2) * SECOND, (at, i) => {
        const victim = victims[i % victims.length] ?? crew.victim('human');
        return asVictim(crew, victim, at, client, i);
      }),
    };
  },
};

/** Nothing that stands out alone: new software, a little crawling, a few refusals, a little more data. */
const composite: Attack = {
  type: 'composite-risk',
  days: 6,
  plan: (crew) => {
    const victim = crew.victim('partner', 'reader');
    const client = withAgent(moved(victim.clients[0] ?? crew.client(), crew.address(['hosting'], victim.country)), 'python-httpx/0.25.0'); // prettier-ignore
    const resource = victim.resources[0] ?? crew.world.users;
    const start = crew.random.integer(100, 2000);
    return {
      entities: whose(victim, client.address),
      also: ['leaked-credential', 'new-origin', 'new-client', 'sequential-crawling', 'object-enumeration', 'privileged-path-probing'], // prettier-ignore
      calls: crew.paced(crew.count(30, 60, 120), 30 * SECOND, (at, i) =>
        i % 10 === 9
          ? { ...crew.call(at, client, victim.consumer, { route: crew.world.routes.admin, path: `${crew.world.routes.admin.paths[0]}/users`, bytes: 300, latencyMs: 3 }, 403), byKong: true } // prettier-ignore
          : crew.call(at, client, victim.consumer, { ...one(resource, String(resource.first + start + i)), bytes: 9000 }, crew.random.chance(0.85) ? 200 : 404)), // prettier-ignore
    };
  },
};

export const IDENTITY = {
  'credential-sharing': sharing,
  'new-origin': newOrigin,
  'leaked-credential': leaked,
  'new-client': newClient,
  'impossible-travel': travel,
  'dormant-credential': dormant,
  'off-hours': offHours,
  'shared-fingerprint': cycling,
  'composite-risk': composite,
} satisfies Record<string, Attack>;
