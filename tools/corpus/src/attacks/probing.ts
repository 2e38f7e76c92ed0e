import type { Call } from '../call.ts';
import { list, one } from '../habits/actor.ts';
import { MINUTE, SECOND } from '../time.ts';
import { tool } from '../world/clients.ts';
import { named, whose, type Attack } from './attack.ts';
import { PAYLOADS, wordPath } from './words.ts';

/** ffuf, gobuster, nikto: a list of words against the root. */
const probing: Attack = {
  type: 'endpoint-probing',
  plan: (crew) => {
    const { random } = crew;
    const client = crew.client(undefined, random.pick(['Fuzz Faster U Fool v2.1.0-dev', 'gobuster/3.6', 'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000001)', 'feroxbuster/2.10.1', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36', 'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)'])); // prettier-ignore
    const salt = random.integer(0, 1e6);
    return {
      entities: [named('ip', client.address)],
      also: ['privileged-path-probing', 'scanner-client'],
      calls: crew.paced(crew.count(60, 400, 4000), crew.level(5, 0.6, 0.05) * SECOND, (at, i) =>
        crew.refused(at, client, wordPath(i, salt)),
      ),
    };
  },
};

/** The same by someone with a key, below the API's own root. */
const probingByKey: Attack = {
  type: 'endpoint-probing',
  days: 1,
  plan: (crew) => {
    const victim = crew.victim('human', 'partner', 'poller');
    const client = crew.stolen(victim);
    const { world, random } = crew;
    const salt = random.integer(0, 1e6);
    return {
      entities: whose(victim, client.address),
      also: ['privileged-path-probing', 'error-spike', 'function-level-abuse'],
      calls: crew.paced(crew.count(60, 300, 2500), crew.level(5, 1, 0.1) * SECOND, (at, i) =>
        crew.call(at, client, victim.consumer, { route: world.routes.core, path: `${world.routes.core.paths[0]}${wordPath(i, salt)}`, bytes: 300, latencyMs: 8 }, random.chance(0.93) ? 404 : 403)), // prettier-ignore
    };
  },
};

/** sqlmap at one parameter, or a scanner with something of everything. */
const injection = (families: readonly (keyof typeof PAYLOADS)[], agent: string | undefined): Attack => ({
  type: 'injection-probing',
  plan: (crew) => {
    const { world, random } = crew;
    const known = random.chance(0.4);
    const victim = known ? crew.victim('human', 'partner', 'integrator') : undefined;
    const client = victim === undefined ? crew.client(undefined, agent) : crew.stolen(victim);
    const resource = victim === undefined ? world.products : (victim.resources[0] ?? world.users);
    const inPath = random.chance(0.25);
    const n = crew.count(5, 40, 600);
    return {
      entities: [named('ip', client.address), ...(victim === undefined ? [] : whose(victim))],
      also: ['scanner-client', 'error-spike'],
      calls: crew.paced(n, crew.level(20, 2, 0.15) * SECOND, (at, i) => {
        const payload = random.pick(PAYLOADS[families[i % families.length] ?? 'sqli']);
        const text = random.chance(0.5) ? encodeURIComponent(payload) : encodeURI(payload).replace(/[#&?]/g, encodeURIComponent).replaceAll('%20', '+'); // prettier-ignore
        const search = list(
          world,
          resource,
          1,
          `&${random.pick([world.searchParameter, 'id', 'sort', 'filter', 'url', 'file'])}=${text}`,
        );
        const target = inPath ? one(resource, encodeURIComponent(payload)) : search;
        return crew.call(at, client, victim?.consumer, target, random.pick([200, 200, 400, 500, 404, 403]));
      }),
    };
  },
});

/** Log4Shell in the headers of otherwise plain calls: one is enough. */
const jndi: Attack = {
  type: 'injection-probing',
  plan: (crew) => {
    const { world, random } = crew;
    const client = tool(crew.address(), random.pick(PAYLOADS.jndi));
    const referer = random.pick(PAYLOADS.jndi);
    return {
      entities: [named('ip', client.address)],
      also: ['scanner-client'],
      calls: crew.paced(crew.count(1, 4, 30), 5 * SECOND, (at) => ({
        ...crew.call(at, client, undefined, list(world, world.products, 1), 200),
        headers: { referer },
      })),
    };
  },
};

const scanner: Attack = {
  type: 'scanner-client',
  plan: (crew) => {
    const { world, random } = crew;
    const agent = random.pick(['sqlmap/1.8#stable (https://sqlmap.org)', 'Nuclei - Open-source project (github.com/projectdiscovery/nuclei)', 'Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)', 'masscan/1.3', 'WPScan v3.8.25 (https://wpscan.com/)', 'Acunetix', 'Wfuzz/3.1.0', 'dirbuster', '']); // prettier-ignore
    const client = tool(crew.address(), agent);
    return {
      entities: [named('ip', client.address)],
      also: ['endpoint-probing', 'privileged-path-probing'],
      calls: crew.paced(crew.count(agent === '' ? 25 : 4, 40, 300), 3 * SECOND, (at, i) => crew.call(at, client, undefined, i % 2 === 0 ? list(world, world.products, i + 1) : one(world.products, String(i)), 200)), // prettier-ignore
    };
  },
};

const shadow: Attack = {
  type: 'shadow-endpoint',
  days: 4,
  needs: 'openapi',
  plan: (crew) => {
    const victim = crew.victim('partner', 'integrator', 'human');
    const client = crew.stolen(victim);
    const { world } = crew;
    const path = `${world.routes.core.paths[0]}/${crew.random.pick(['internal/dump', 'debug/state', '_batch', 'legacy/customers', 'tmp/export'])}`; // prettier-ignore
    const n = crew.count(26, 80, 300);
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined)],
      also: ['zombie-endpoint', 'function-level-abuse'],
      calls: crew.paced(n, (4 * 60 * MINUTE) / n, (at, i) => crew.call(at, client, victim.consumer, { route: world.routes.core, path: i % 2 === 0 ? path : `${path}/${i}`, bytes: 5000, latencyMs: 50 }, 200)), // prettier-ignore
    };
  },
};

const zombie: Attack = {
  type: 'zombie-endpoint',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('partner', 'integrator', 'human');
    const client = crew.stolen(victim);
    const { world } = crew;
    const resource = victim.resources[0] ?? world.users;
    const base = `${world.routes.old.paths[0]}/${resource.name}`;
    const n = crew.count(30, 90, 300);
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined), named('route', world.routes.old.id)],
      also: ['shadow-endpoint'],
      calls: crew.paced(n, (3.5 * 60 * MINUTE) / n, (at, i) => crew.call(at, client, victim.consumer, { ...one(resource, '1'), route: world.routes.old, path: i % 3 === 0 ? base : `${base}/${victim.own(resource, i)}` }, 200)), // prettier-ignore
    };
  },
};

const parameter: Attack = {
  type: 'undocumented-parameter',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('human', 'partner');
    const client = crew.stolen(victim);
    const { world, random } = crew;
    const names = random.shuffled(['role=admin', 'is_admin=true', 'debug=1', 'admin=1', 'isStaff=true', 'price=0', 'internal=true', 'user_role=superuser', 'test=1', 'override=true']); // prettier-ignore
    return {
      entities: [...whose(victim, client.address), named('endpoint', undefined)],
      calls: crew.paced(crew.count(5, 20, 120), 10 * SECOND, (at, i) => crew.call(at, client, victim.consumer, { ...one(world.users, victim.own(world.users, 0)), query: names[i % names.length] }, 200)), // prettier-ignore
    };
  },
};

const graphql: Attack = {
  type: 'graphql-abuse',
  plan: (crew) => {
    const client = crew.client();
    const { world, random } = crew;
    const route = { ...world.routes.graphql, auth: false };
    const introspection = 'query={__schema{types{name,fields{name,args{name,type{name,kind}}}}}}';
    const aliases = `query={${Array.from({ length: 60 }, (_, i) => `a${i}:user(id:${i}){email,token}`).join(',')}}`;
    return {
      entities: [named('ip', client.address), named('endpoint', undefined)],
      also: ['endpoint-probing', 'injection-probing'],
      calls: crew.paced(crew.count(4, 20, 150), 6 * SECOND, (at, i) => crew.call(at, client, undefined, { route, path: '/graphql', query: encodeURI(i % 3 === 2 ? aliases : introspection), bytes: random.around(60_000, 0.2), latencyMs: 400 }, 200)), // prettier-ignore
    };
  },
};

/** Confirmations without baskets. */
const sequence: Attack = {
  type: 'sequence-anomaly',
  days: 4,
  plan: (crew) => {
    const victim = crew.victim('human', 'spa', 'partner');
    const client = crew.stolen(victim);
    const base = crew.world.routes.checkout.paths[0] ?? '';
    const calls = function* (): Generator<Call> {
      const sessions = crew.count(4, 8, 16);
      for (let s = 0; s < sessions; s++)
        yield* crew.paced(12, 3 * SECOND, (at, i) => crew.call(at, client, victim.consumer, { route: crew.world.routes.checkout, method: 'POST', path: `${base}/${i % 2 === 0 ? 'confirm' : 'payment'}`, bytes: 900, latencyMs: 80, requestBytes: 300 }, 200), crew.from + s * 40 * MINUTE); // prettier-ignore
    };
    return {
      entities: whose(victim, client.address),
      also: ['sensitive-flow-abuse', 'function-level-abuse'],
      calls: calls(),
    };
  },
};

/** From an exit of Tor, at the log-in. */
const knownBad: Attack = {
  type: 'known-bad-source',
  needs: 'threats',
  plan: (crew) => {
    const client = crew.client(
      crew.address(['tor']),
      'Mozilla/5.0 (Windows NT 10.0; rv:109.0) Gecko/20100101 Firefox/115.0',
    );
    return {
      entities: [named('ip', client.address)],
      calls: crew.paced(crew.count(3, 8, 25), 40 * SECOND, (at) => crew.call(at, client, undefined, { route: crew.world.routes.auth, method: 'POST', path: crew.world.loginPath, bytes: 600, latencyMs: 90, requestBytes: 160 }, 200)), // prettier-ignore
    };
  },
};

export const PROBING = {
  'endpoint-probing': probing,
  'endpoint-probing-by-key': probingByKey,
  'injection-probing-sql': injection(['sqli'], 'sqlmap/1.8#stable (https://sqlmap.org)'),
  'injection-probing-mixed': injection(['sqli', 'xss', 'traversal', 'command', 'ssti', 'ssrf', 'nosqli', 'crlf'], undefined), // prettier-ignore
  'injection-probing-xss': injection(['xss'], undefined),
  'injection-probing-traversal': injection(['traversal'], undefined),
  'injection-probing-jndi': jndi,
  'scanner-client': scanner,
  'shadow-endpoint': shadow,
  'zombie-endpoint': zombie,
  'undocumented-parameter': parameter,
  'graphql-abuse': graphql,
  'sequence-anomaly': sequence,
  'known-bad-source': knownBad,
} satisfies Record<string, Attack>;
