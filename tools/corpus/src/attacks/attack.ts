import type { Call, Client, Consumer } from '../call.ts';
import type { Actor, HabitName, Setting, Target } from '../habits/actor.ts';
import type { Random } from '../random.ts';
import { Internet, type Network } from '../world/addresses.ts';
import { at as moved, tool } from '../world/clients.ts';
import type { Route } from '../world/world.ts';

export const STRENGTHS = ['weak', 'medium', 'strong'] as const;
export type Strength = (typeof STRENGTHS)[number];

/** Something an alert may name. */
export interface Named {
  readonly kind: 'consumer' | 'credential' | 'ip' | 'endpoint' | 'route' | 'service' | 'gateway';
  /** The id or the name; undefined: any of the kind. */
  readonly name?: string;
}

/** What may rightly be said of it besides, and counts neither way: a key that is withdrawn or asleep goes silent. */
export interface Consequence {
  readonly type: string;
  readonly entities: readonly Named[];
  readonly from: number;
  readonly to: number;
}

/** One attack as it will happen. */
export interface Plan {
  /** Whose doing it is: an alert on any of these is about this attack. */
  readonly entities: readonly Named[];
  /** Types that are right besides the attack's own. */
  readonly also?: readonly string[];
  readonly calls: Iterable<Call>;
  /** What it does to other traffic: gone (undefined) or otherwise. */
  readonly change?: (call: Call) => Call | undefined;
  /** Answered and counted, and never logged. */
  readonly loses?: (call: Call) => boolean;
  /** When its calls begin, where that is not the moment it was given. */
  readonly opens?: number;
  readonly consequences?: readonly Consequence[];
  /** Where the calls do not show it (silence). */
  readonly from?: number;
  readonly to?: number;
}

/** A kind of attack. */
export interface Attack {
  /** The slug that an alert must carry. */
  readonly type: string;
  /** Days of history that the catalogue asks for. */
  readonly days?: number;
  /** Only in sight with facts about addresses, lists or documents, or where Kong tells rate limits, or only ever a modifier of other findings. */
  readonly needs?: 'addresses' | 'threats' | 'openapi' | 'limits' | 'modifier';
  readonly plan: (crew: Crew) => Plan;
}

/** Agents that tools send when nobody changes them. */
export const TOOLS = ['python-requests/2.31.0', 'curl/8.4.0', 'Go-http-client/1.1', 'python-httpx/0.27.0', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36', 'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0', 'axios/1.6.8', 'aiohttp/3.9.3'] as const; // prettier-ignore

/** What an attacker has at hand. */
export class Crew {
  constructor(
    readonly setting: Setting,
    readonly random: Random,
    readonly strength: Strength,
    readonly from: number,
    private readonly free: Actor[],
    private readonly everyone: readonly Actor[],
  ) {}

  get world() {
    return this.setting.world;
  }

  level(weak: number, medium: number, strong: number): number {
    const base = { weak, medium, strong }[this.strength];
    return base * this.random.between(1, 1.2);
  }

  count(weak: number, medium: number, strong: number): number {
    return Math.ceil(this.level(weak, medium, strong));
  }

  /** A consumer that no other attack has taken; those with a fitting habit first. */
  victim(...habits: HabitName[]): Actor {
    return this.victimWho((one) => habits.includes(one.habit));
  }

  victimWho(fits: (actor: Actor) => boolean): Actor {
    const old = this.free.filter((one) => one.active.from === this.setting.span.from);
    const taken = old.find(fits) ?? old[0] ?? this.free[0];
    if (taken === undefined)
      throw new Error('more attacks than consumers: raise --consumers (40 are enough for all attacks)');
    this.free.splice(this.free.indexOf(taken), 1);
    return taken;
  }

  /** Several consumers whose keys are used together; others may attack them too. */
  victims(n: number): Actor[] {
    const old = this.everyone.filter((one) => one.active.from === this.setting.span.from);
    return this.random.shuffled(old).slice(0, n);
  }

  network(kinds: readonly Network['kind'][] = ['hosting', 'hosting', 'isp', 'vpn'], not?: string): Network {
    return this.world.internet.network(this.random, { kind: kinds, ...(not === undefined ? {} : { not }) });
  }

  /** An attacker's address. */
  address(kinds?: readonly Network['kind'][], not?: string): string {
    return Internet.address(this.random, this.network(kinds, not));
  }

  /** Many addresses: homes all over the world, as proxies sell them, or one hoster's. */
  addresses(n: number, residential = this.random.chance(0.6)): string[] {
    const networks = Array.from({ length: residential ? 12 : 2 }, () =>
      this.network(residential ? ['isp', 'mobile'] : ['hosting']),
    );
    return Array.from({ length: n }, () => Internet.address(this.random, this.random.pick(networks)));
  }

  client(address = this.address(), agent: string = this.random.pick(TOOLS)): Client {
    return tool(address, agent);
  }

  /** The victim's own software, or the attacker's, with the victim's key. */
  stolen(victim: Actor): Client {
    const own = victim.clients[0] as Client;
    return this.random.chance(0.5) ? own : moved(own, this.address());
  }

  /** `n` calls, about `everyMs` apart. */
  *paced(n: number, everyMs: number, make: (at: number, i: number) => Call, from = this.from): Generator<Call> {
    let at = from;
    for (let i = 0; i < n; i++) {
      yield make(at, i);
      at += this.random.around(everyMs, 0.35);
    }
  }

  call(at: number, client: Client, consumer: Consumer | undefined, target: Target, status: number): Call {
    const { random } = this;
    return {
      at,
      client,
      consumer: target.route.auth ? consumer : undefined,
      route: target.route,
      method: target.method ?? 'GET',
      path: target.path,
      ...(target.query === undefined ? {} : { query: target.query }),
      status,
      bytes: status >= 400 ? random.around(430, 0.1) : random.around(target.bytes, 0.1) + 280,
      latencyMs: random.around(target.latencyMs, 0.3),
      ...(target.requestBytes === undefined ? {} : { requestBytes: target.requestBytes }),
      patience: 0,
    };
  }

  /** Nothing matched, or no key: Kong answers. */
  refused(at: number, client: Client, path: string, query?: string, method = 'GET'): Call {
    const route = this.routeOf(path);
    const status = route === undefined ? 404 : route.auth ? 401 : this.random.chance(0.93) ? 404 : 403;
    return {
      at,
      client,
      route,
      method,
      path,
      ...(query === undefined ? {} : { query }),
      status,
      byKong: route === undefined || route.auth,
      bytes: this.random.around(320, 0.1),
      latencyMs: 2,
      patience: 0,
    };
  }

  routeOf(path: string): Route | undefined {
    return Object.values(this.world.routes).find((route) =>
      route.paths.some((base) => path === base || path.startsWith(`${base}/`)),
    );
  }
}

export const named = (kind: Named['kind'], name: string | undefined): Named =>
  name === undefined ? { kind } : { kind, name };

/** A consumer may be named by itself, by its credential or by the address it came from. */
export const whose = (victim: Actor, ...addresses: string[]): Named[] => [
  named('consumer', victim.consumer.id),
  named('credential', victim.consumer.credential),
  ...addresses.map((address) => named('ip', address)),
];
