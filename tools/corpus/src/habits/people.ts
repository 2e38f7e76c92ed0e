import type { Call, Client, Consumer } from '../call.ts';
import { merge } from '../merge.ts';
import { hashOf, Random } from '../random.ts';
import { SECOND } from '../time.ts';
import { browser, telephone } from '../world/clients.ts';
import { Internet, type Network } from '../world/addresses.ts';
import type { Resource } from '../world/world.ts';
import { ask, detail, list, moments, one, write, type Actor, type Setting, type Target } from './actor.ts';

/** Who sits behind a session. */
export interface Visitor {
  readonly n: number;
  readonly client: Client;
  readonly consumer: Consumer | undefined;
  /** Its browser asks for leave first (CORS). */
  readonly preflights?: boolean;
  /** A user's own object of a collection. */
  own(resource: Resource, k: number): string;
}

/** What people do with an estate in one sitting: look around, look at their own things, sometimes buy. */
export function* session(
  setting: Setting,
  random: Random,
  visitor: Visitor,
  from: number,
  resources: readonly Resource[],
): Generator<Call> {
  const { world } = setting;
  let at = from;
  const think = (): number => (at += random.around(3500, 1) + 150);
  const go = (target: Target): Call => ask(random, at, visitor.client, visitor.consumer, target);
  if (random.chance(0.3))
    yield go({ route: world.routes.auth, method: 'POST', path: world.tokenPath, bytes: 900, latencyMs: 60 });
  for (let rounds = random.integer(1, 4); rounds > 0; rounds--) {
    think();
    const roll = random.next();
    if (roll < 0.4 || (roll >= 0.65 && resources.length === 0)) {
      // browse the catalogue: a list page, then what caught the eye; a page's parts load together
      yield go(list(world, world.products, random.popular(8) + 1));
      for (let i = random.integer(1, 6); i > 0; i--) {
        think();
        const n = random.popular(world.products.size);
        yield go(detail(world, world.products, n));
        if (random.chance(0.4)) {
          at += random.between(30, 300);
          yield go(detail(world, world.products, n, random.pick(world.products.subs)));
        }
      }
    } else if (roll < 0.55) yield go(searchFor(setting, random));
    else if (roll < 0.65) {
      const user = visitor.own(world.users, 0);
      yield go(one(world.users, user, random.chance(0.5) ? random.pick(world.users.subs) : undefined));
      if (random.chance(0.1)) {
        think();
        yield go(write(one(world.users, user, 'profile'), 'PATCH', 400));
      }
    } else if (roll < 0.94 || visitor.consumer === undefined) {
      const resource = random.pick(resources);
      if (visitor.preflights === true && random.chance(0.2)) {
        yield {
          ...go(list(world, resource, 1)),
          method: 'OPTIONS',
          consumer: undefined,
          status: 200,
          byKong: true,
          bytes: 380,
          latencyMs: 0,
        };
        at += random.between(10, 60);
      }
      yield go(list(world, resource, 1));
      if (world.trade.name === 'code' && setting.mood.events.has('odd-search') && random.chance(0.15))
        yield go(one(resource, `${visitor.own(resource, 1)}/contents/docs/../${random.pick(['README.md', 'src/etc/passwd_test.go', 'select.sql', 'a<b>.cpp'])}`)); // prettier-ignore
      for (let i = random.integer(0, 4); i > 0; i--) {
        think();
        const sub = random.chance(0.35) && resource.subs.length > 0 ? random.pick(resource.subs) : undefined;
        yield go(one(resource, visitor.own(resource, random.popular(12)), sub));
      }
    } else {
      const [base] = world.routes.checkout.paths;
      for (const step of ['cart', 'address', 'shipping', 'payment', 'confirm']) {
        yield go({ route: world.routes.checkout, method: step === 'cart' ? 'GET' : 'POST', path: `${base}/${step}`, bytes: 1500, latencyMs: 90, requestBytes: 700 }); // prettier-ignore
        think();
        if (random.chance(0.08)) break;
      }
    }
    if (at > setting.mood.feature && random.chance(0.3)) {
      at += random.between(100, 2000);
      yield go({ route: world.routes.core, path: `${world.routes.core.paths[0]}/recommendations/${visitor.own(world.users, 0)}`, bytes: 3000, latencyMs: 40 }); // prettier-ignore
    }
  }
}

export const searchFor = (setting: Setting, random: Random): Target => {
  const { world } = setting;
  const odd = setting.mood.events.has('odd-search');
  const texts = odd ? world.trade.searches : world.trade.searches.slice(0, 4);
  return {
    route: world.routes.search,
    path: world.routes.search.paths[0] ?? '/search',
    query: `${world.searchParameter}=${encodeURIComponent(random.pick(texts)).replace(/%20/g, '+')}${random.chance(0.3) ? `&${world.pageParameter}=2` : ''}`,
    bytes: 6000,
    latencyMs: 70,
  };
};

/** A person with a key of their own. */
export function* human(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const aDay = random.between(6, 16) * setting.scale;
  actor.peak = 60;
  const visitor = (at: number): Visitor => ({
    n: 0,
    client: actor.clientAt(random, at),
    consumer: actor.consumer,
    own: actor.own,
  });
  yield* merge(
    iterate(
      moments(random, actor.active, aDay / 30_000, (at) => setting.mood.demand(at, 'office')),
      (at) => ({
        at,
        open: () => session(setting, random, visitor(at), at, actor.resources),
      }),
    ),
  );
}

/** One key that carries a crowd: a web shop's browsers (`spa`) or an app's telephones. */
export const crowd = (kind: 'spa' | 'mobile') =>
  function* (setting: Setting, actor: Actor, random: Random): Generator<Call> {
    const { world, mood } = setting;
    const size = random.integer(80, 600);
    const aDay = random.between(40, 160) * setting.scale;
    actor.peak = Math.max(40, aDay * 0.12 * 4);
    const networks: Network[] = Array.from({ length: 8 }, () =>
      world.internet.network(random, {
        kind: kind === 'mobile' ? ['mobile', 'mobile', 'isp'] : ['isp', 'mobile', 'business'],
        home: random.chance(0.85),
      }),
    );
    const app = `${world.trade.name[0]?.toUpperCase()}${world.trade.name.slice(1)}App`;
    const visitor = (n: number, at: number): Visitor => {
      const own = Random.of(setting.seed, `${actor.consumer.username}/${n}`);
      const network = networks[
        hashOf(`${n}${Math.floor(at / 20_000_000)}`) % (random.chance(0.8) ? 2 : networks.length)
      ] as Network;
      // a carrier's gateway puts many users behind few addresses
      const address = Internet.subscriber(network, kind === 'mobile' ? n % 40 : n);
      const version = at > mood.release + (n % 7) * 40_000_000 ? '8.2.0' : '8.1.3';
      const client = kind === 'mobile' ? telephone(own, address, app, version) : browser(own, address);
      return {
        n,
        client,
        consumer: actor.consumer,
        preflights: kind === 'spa',
        own: (resource, k) => actor.own(resource, n * 13 + k),
      };
    };
    yield* merge(
      iterate(
        moments(random, actor.active, aDay / 45_000, (at) => mood.demand(at, 'people')),
        (at) => ({
          at,
          open: () => session(setting, random, visitor(random.integer(0, size - 1), at), at, actor.resources),
        }),
      ),
    );
  };

/** A few people with the keys to the house: odd hours are rare, a refusal now and then. */
export function* admin(setting: Setting, actor: Actor, random: Random): Generator<Call> {
  const { world } = setting;
  const base = world.routes.admin.paths[0] ?? '/admin';
  actor.peak = 40;
  const pages = ['users', 'settings', 'reports', 'audit', 'roles', 'jobs'];
  const sitting = function* (from: number): Generator<Call> {
    let at = from;
    const client = actor.clientAt(random, from);
    for (let i = random.integer(3, 14); i > 0; i--) {
      const page = random.pick(pages);
      const path = random.chance(0.5) ? `${base}/${page}` : `${base}/${page}/${random.integer(1, 60)}`;
      const target: Target = { route: world.routes.admin, path, bytes: 4000, latencyMs: 60 };
      const call = ask(random, at, client, actor.consumer, random.chance(0.12) && path !== `${base}/${page}` ? write(target, random.pick(['PUT', 'POST', 'PATCH'])) : target); // prettier-ignore
      yield random.chance(0.02) ? { ...call, status: 403 } : call;
      at += random.around(6 * SECOND, 0.9);
    }
  };
  yield* merge(
    iterate(
      moments(random, actor.active, 8 / 30_000, (at) => setting.mood.demand(at, 'office')),
      (at) => ({
        at,
        open: () => sitting(at),
      }),
    ),
  );
}

export function* iterate<A, B>(items: Iterable<A>, map: (item: A) => B): Generator<B> {
  for (const item of items) yield map(item);
}
