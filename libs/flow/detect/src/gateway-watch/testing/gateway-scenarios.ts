/** Changes that are made to a gateway through its Admin API, and what the watch must say of them. */
export interface GatewayScenario {
  readonly calls: readonly AdminCall[];
  /** It is Outrider that does it: the enforcement's row says before that it is being lifted. */
  readonly lifts?: true;
}

export interface AdminCall {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface HostileChange extends GatewayScenario {
  /** Kind of change, severity, kind of entity and its name. */
  readonly told: string;
}

const call = (method: AdminCall['method'], path: string, body?: AdminCall['body']): AdminCall =>
  body === undefined ? { method, path } : { method, path, body };
const patch = (plugin: string, body: Readonly<Record<string, unknown>>): AdminCall =>
  call('PATCH', `/plugins/${plugin}`, body);
const remove = (plugin: string): AdminCall => call('DELETE', `/plugins/${plugin}`);

/** The enforcement that stands in the gateway: a block of the consumer bob. */
export const BLOCK_ID = 'b10c0000-0000-4000-8000-000000000001';
export const BOB_ID = 'c0ffee00-0000-4000-8000-000000000002';
/** In the configurations, and never to be found in what is kept. */
export const SECRETS = ['logger-password', 'logger-token', 'lua-secret', 'redis-secret'] as const;

/** The estate, in Kong's declarative form; `upstream` is where its services lead. */
export const aGateway = (upstream: string) => ({
  services: [
    {
      name: 'shop',
      url: upstream,
      routes: [
        { name: 'orders', paths: ['/orders'] },
        { name: 'reports', paths: ['/reports'] },
        { name: 'public', paths: ['/public'] },
      ],
    },
    {
      name: 'bank',
      url: 'https://bank.internal.example',
      tls_verify: true,
      routes: [{ name: 'payments', paths: ['/pay'] }],
    },
  ],
  consumers: [
    { username: 'alice', acls: [{ group: 'partners' }] },
    { id: BOB_ID, username: 'bob' },
  ],
  plugins: [
    { name: 'tcp-log', instance_name: 'log', config: { host: '10.0.0.9', port: 7514 } },
    {
      name: 'http-log',
      instance_name: 'weblog',
      config: {
        http_endpoint: 'https://user:logger-password@logs.example/v1?token=logger-token',
        headers: { 'x-api-key': 'logger-token' },
        custom_fields_by_lua: { kept: 'return "lua-secret"' },
      },
    },
    { name: 'key-auth', instance_name: 'orders-key', route: 'orders' },
    { name: 'key-auth', instance_name: 'reports-key', route: 'reports' },
    { name: 'acl', instance_name: 'orders-acl', route: 'orders', config: { allow: ['partners', 'staff'] } },
    { name: 'ip-restriction', instance_name: 'orders-ip', route: 'orders', config: { allow: ['10.0.0.0/8'] } },
    {
      name: 'rate-limiting',
      instance_name: 'orders-limit',
      route: 'orders',
      config: { minute: 60, policy: 'redis', redis: { host: 'redis.example', password: 'redis-secret' } },
    },
    {
      id: BLOCK_ID,
      name: 'request-termination',
      consumer: 'bob',
      tags: ['outrider', 'outrider-made', `outrider-enforcement-${BLOCK_ID}`, 'outrider-print-0123456789'],
      config: { status_code: 403, message: 'Blocked' },
    },
  ],
});

export const HOSTILE_CHANGES: Readonly<Record<string, HostileChange>> = {
  'key-auth-deleted': { told: 'auth-removed high route orders', calls: [remove('orders-key')] },
  'key-auth-disabled': {
    told: 'auth-removed high route orders',
    calls: [patch('orders-key', { enabled: false })],
  },
  'anonymous-set': {
    told: 'anonymous-set high route orders',
    calls: [patch('orders-key', { config: { anonymous: 'alice' } })],
  },
  'acl-widened': {
    told: 'restriction-widened medium route orders',
    calls: [patch('orders-acl', { config: { allow: ['partners', 'staff', 'everybody'] } })],
  },
  'address-allowed': {
    told: 'restriction-widened medium route orders',
    calls: [patch('orders-ip', { config: { allow: ['10.0.0.0/8', '203.0.113.7'] } })],
  },
  'global-log-removed': { told: 'log-removed medium gateway default', calls: [remove('log')] },
  'log-shadowed': {
    told: 'log-shadowed high route orders',
    calls: [call('POST', '/routes/orders/plugins', { name: 'tcp-log', config: { host: '198.51.100.1', port: 9 } })],
  },
  'log-redirected': {
    told: 'log-redirected high gateway default',
    calls: [patch('weblog', { config: { http_endpoint: 'https://elsewhere.example/v1' } })],
  },
  'verification-off': {
    told: 'verification-off medium service bank',
    calls: [call('PATCH', '/services/bank', { tls_verify: false })],
  },
  'admin-group-joined': {
    told: 'admin-member medium consumer bob',
    calls: [call('POST', '/consumers/bob/acls', { group: 'shop-admin' })],
  },
  'code-added': {
    told: 'code high service shop',
    calls: [call('POST', '/services/shop/plugins', { name: 'pre-function', config: { access: ['return 1'] } })],
  },
  'limit-raised': {
    told: 'limit-raised medium route orders',
    calls: [patch('orders-limit', { config: { minute: 6000 } })],
  },
  'admin-api-routed': {
    told: 'admin-exposed high service way-in',
    calls: [
      call('POST', '/services', { name: 'way-in', url: 'http://127.0.0.1:8001' }),
      call('POST', '/services/way-in/routes', { name: 'way-in', paths: ['/way-in'] }),
    ],
  },
  'block-deleted-by-hand': { told: 'block-removed high gateway default', calls: [remove(BLOCK_ID)] },
};

export const BENIGN_CHANGES: Readonly<Record<string, GatewayScenario>> = {
  'tag-edited': {
    calls: [
      patch('orders-key', { tags: ['team-shop'] }),
      call('PATCH', '/services/shop', { tags: ['team-shop'] }),
      call('PATCH', '/consumers/alice', { tags: ['vip'] }),
    ],
  },
  'route-renamed': { calls: [call('PATCH', '/routes/orders', { name: 'orders-v1' })] },
  'service-added': {
    calls: [
      call('POST', '/services', { name: 'new', url: 'http://10.0.0.7:8080' }),
      call('POST', '/services/new/routes', { name: 'new', paths: ['/new'] }),
      call('POST', '/consumers', { username: 'carol' }),
      call('POST', '/consumers/carol/acls', { group: 'administration-readers' }),
      call('POST', '/consumers/carol/plugins', { name: 'rate-limiting', config: { minute: 100_000 } }),
    ],
  },
  'array-reordered': { calls: [patch('orders-acl', { config: { allow: ['staff', 'partners'] } })] },
  'key-auth-replaced': {
    calls: [call('POST', '/routes/orders/plugins', { name: 'jwt' }), remove('orders-key')],
  },
  'key-auth-moved-up': {
    calls: [call('POST', '/services/shop/plugins', { name: 'key-auth' }), remove('orders-key'), remove('reports-key')],
  },
  'route-removed': { calls: [call('DELETE', '/routes/orders')] },
  'block-put-and-released': { lifts: true, calls: [remove(BLOCK_ID)] },
};
