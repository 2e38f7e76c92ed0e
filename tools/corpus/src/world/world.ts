import { hashOf, type Random } from '../random.ts';
import { LocalTime } from '../time.ts';
import { Internet } from './addresses.ts';
import { TRADES, type Trade } from './trades.ts';

export interface Service {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface Route {
  readonly id: string;
  readonly name: string;
  readonly paths: readonly string[];
  readonly service: Service;
  /** Whether key-auth stands on it. */
  readonly auth: boolean;
  /** Whether rate-limiting stands on it. */
  readonly limited: boolean;
}

export type IdStyle = 'int' | 'uuid' | 'slug' | 'code';

/** A collection of the API: `base` lists, `base/{id}` is one. */
export interface Resource {
  readonly name: string;
  readonly base: string;
  readonly ids: IdStyle;
  /** How many exist. */
  readonly size: number;
  readonly first: number;
  readonly subs: readonly string[];
  readonly route: Route;
  readonly listBytes: number;
  readonly itemBytes: number;
  readonly latencyMs: number;
}

export type RouteRole = 'core' | 'accounts' | 'auth' | 'admin' | 'exports' | 'search' | 'catalogue' | 'uploads' | 'graphql' | 'checkout' | 'old'; // prettier-ignore

/** What does not change in an estate: its API, its gateway, its place. */
export interface World {
  readonly seed: number;
  readonly trade: Trade;
  readonly host: string;
  readonly workspace: string;
  readonly keyHeader: string;
  readonly local: LocalTime;
  readonly internet: Internet;
  readonly services: readonly Service[];
  readonly routes: Readonly<Record<RouteRole, Route>>;
  /** Behind authentication. */
  readonly resources: readonly Resource[];
  /** For everybody. */
  readonly products: Resource;
  readonly users: Resource;
  /** Requests a minute and consumer; 0 where the estate has no limits. */
  readonly limitPerMinute: number;
  readonly loginPath: string;
  readonly tokenPath: string;
  readonly otpPath: string;
  readonly searchParameter: string;
  readonly pageParameter: string;
  /** Id of the consumer that Kong's `anonymous` setting gives to everybody without a key on the public routes; '' where there is none. */
  readonly anonymous: string;
  /** Tokens are checked by the upstreams: Kong knows no consumers. */
  readonly keyless: boolean;
  /** How partners narrow their lists, percent-encoded. */
  readonly filters: readonly string[];
}

/** Ways of asking that look odd and are everyday. */
const FILTERS: readonly (readonly string[])[] = [
  ['&status=open', '&status=open&sort=-created_at', '&fields=id,name,status'],
  [
    "&$filter=status%20eq%20'open'%20and%20total%20gt%205",
    '&$select=id,name&$orderby=created%20desc',
    '&$top=50&$skip=0',
  ],
  [
    '&filter=%7B%22status%22%3A%7B%22in%22%3A%5B%22open%22%5D%7D%7D',
    '&where=created%3E2026-01-01',
    '&include=items,events',
  ],
  ['&filter[status]=open', '&filter[created][gte]=2026-09-01', '&sort=name&utm_source=erp'],
  [
    '&callback=http%3A%2F%2Flocalhost%3A3000%2Fdone',
    '&redirect_uri=https%3A%2F%2Fpartner.example%2Fcb%3Fx%3D1',
    '&state=%3D%3D',
  ],
];

const ZONES: readonly [zone: string, country: string][] = [
  ['Europe/Amsterdam', 'NL'],
  ['Europe/Berlin', 'DE'],
  ['America/New_York', 'US'],
  ['Europe/London', 'GB'],
  ['Asia/Singapore', 'SG'],
];

export const worldOf = (random: Random, seed: number, keyless: boolean): World => {
  const trade = random.pick(TRADES);
  const [zone, country] = random.pick(ZONES);
  const maker = new Maker(random, seed, trade);
  const version = random.pick(['/api/v2', '/v2', '/api/v3', '/rest/v2', '/v4']);
  const routes = maker.routes(version);
  const catalogue = routes.catalogue.paths[0] ?? '/catalogue';
  return {
    seed,
    trade,
    host: random.pick([`api.${trade.name}.test`, `gateway.${trade.name}.test`, `${trade.name}-api.example.test`]),
    workspace: random.uuid(),
    keyHeader: random.pick(['apikey', 'apikey', 'x-api-key']),
    local: new LocalTime(zone),
    internet: new Internet(random, country),
    services: maker.services,
    routes,
    resources: trade.resources.map(([name, ids, subs]) =>
      maker.resource(name, `${version}/${name}`, ids, subs, routes.core),
    ),
    products: maker.resource(trade.product, `${catalogue}/${trade.product}`, random.pick(['slug', 'int', 'int']), ['reviews', 'images'], routes.catalogue, random.integer(2500, 9000)), // prettier-ignore
    users: maker.resource('users', `${routes.accounts.paths[0] ?? ''}/users`, random.pick(['int', 'uuid', 'uuid']), ['profile', 'addresses', 'preferences', 'notifications'], routes.accounts), // prettier-ignore
    limitPerMinute: random.chance(0.6) ? random.integer(20, 60) * 100 : 0,
    loginPath: `${routes.auth.paths[0] ?? ''}/${random.pick(['login', 'signin', 'sessions', 'login'])}`,
    tokenPath: `${routes.auth.paths[0] ?? ''}/${random.pick(['token', 'oauth/token', 'refresh'])}`,
    otpPath: `${routes.auth.paths[0] ?? ''}/${random.pick(['otp/send', 'sms/verify', 'password-reset', 'otp'])}`,
    searchParameter: random.pick(['q', 'query', 'search', 'term']),
    pageParameter: random.pick(['page', 'page', 'offset']),
    anonymous: random.chance(0.25) ? random.uuid() : '',
    filters: random.pick(FILTERS),
    keyless,
  };
};

/** Object `n` of a collection: the same id always. */
export const idOf = (world: World, resource: Resource, n: number): string => {
  const index = Math.max(0, Math.floor(n));
  if (resource.ids === 'int') return String(resource.first + index);
  const h = (salt: string): string =>
    hashOf(`${world.seed}/${resource.name}/${index}/${salt}`).toString(16).padStart(8, '0');
  if (resource.ids === 'code') return `${resource.name.slice(0, 2).toUpperCase()}${String(100_000 + (hashOf(`${world.seed}${resource.name}${index}`) % 900_000))}${index}`; // prettier-ignore
  if (resource.ids === 'slug') {
    const words = world.trade.words;
    const pick = (salt: string): string => words[hashOf(`${index}${salt}`) % words.length] ?? 'item';
    return `${pick('a')}-${pick('b')}-${index}`;
  }
  const text = h('a') + h('b') + h('c') + h('d');
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
};

class Maker {
  readonly services: Service[] = [];

  constructor(
    private readonly random: Random,
    private readonly seed: number,
    private readonly trade: Trade,
  ) {}

  routes(version: string): Record<RouteRole, Route> {
    const { random, trade } = this;
    const core = this.#service(`${trade.name}-core`);
    const accounts = this.#service(random.pick(['accounts', 'identity', 'customers-service']));
    const publicWeb = this.#service(random.pick(['catalogue', 'storefront', 'content']));
    const back = this.#service(random.pick(['backoffice', 'admin', 'console']));
    const files = this.#service(random.pick(['files', 'documents', 'media']));
    const old = version.replace(/\d+$/, (n) => String(Number(n) - 1));
    const accountsPath = random.pick(['/accounts', '/identity', '/account']);
    return {
      core: this.#route('core', [version], core, true, true),
      accounts: this.#route('accounts', [accountsPath], accounts, true, true),
      auth: this.#route(
        'auth',
        [random.pick(['/auth', '/oauth', '/sso', '/identity-provider'])],
        accounts,
        false,
        false,
      ),
      admin: this.#route(
        'admin',
        [random.pick(['/admin', '/backoffice', '/console', '/management'])],
        back,
        true,
        false,
      ),
      exports: this.#route('exports', [random.pick(['/exports', '/reports', '/bulk'])], core, true, true),
      search: this.#route('search', ['/search'], publicWeb, false, false),
      catalogue: this.#route('catalogue', [random.pick(['/catalogue', '/public', '/shop', '/content'])], publicWeb, false, false), // prettier-ignore
      uploads: this.#route('uploads', [random.pick(['/uploads', '/files', '/media'])], files, true, false),
      graphql: this.#route('graphql', ['/graphql'], publicWeb, random.chance(0.5), false),
      checkout: this.#route('checkout', [random.pick(['/checkout', '/basket', '/purchase'])], core, true, true),
      old: this.#route('old', [old], core, true, true),
    };
  }

  resource(name: string, base: string, ids: IdStyle, subs: readonly string[], route: Route, size?: number): Resource {
    const { random } = this;
    return {
      name,
      base,
      ids,
      subs,
      route,
      size: size ?? random.integer(4000, 60_000),
      first: random.pick([1, 1000, 10_000, 400_000, 7_000_000]),
      listBytes: random.around(5000, 0.5),
      itemBytes: random.around(1400, 0.5),
      latencyMs: random.around(25, 0.5),
    };
  }

  #service(name: string): Service {
    const made = { id: this.random.uuid(), name, host: `10.${this.seed % 250}.${this.services.length}.10`, port: 8080 };
    this.services.push(made);
    return made;
  }

  #route(name: string, paths: readonly string[], service: Service, auth: boolean, limited: boolean): Route {
    return {
      id: this.random.uuid(),
      name: `${this.random.pick(['', '', 'r-'])}${name}`,
      paths,
      service,
      auth,
      limited,
    };
  }
}
