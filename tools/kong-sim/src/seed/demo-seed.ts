import type { Declarative } from './declarative.ts';

export const DEMO_CONSUMERS: readonly string[] = [
  'mobile-app',
  'web-shop',
  'partner-north',
  'partner-south',
  'warehouse',
  'billing',
  'analytics',
  'support-desk',
  'courier',
  'marketplace',
  'nightly-export',
  'staging-tests',
];

const STAFF = ['support-desk', 'billing'];

/** A shop: an API with keys and a limit, a staff area, a login, public pages; each consumer's key is `key-<name>`. */
export const demoSeed = (upstreamUrl: string): Declarative => ({
  services: [
    {
      name: 'shop',
      url: upstreamUrl,
      routes: [
        {
          name: 'shop-api',
          paths: ['/api'],
          plugins: [{ name: 'key-auth' }, { name: 'rate-limiting', config: { minute: 600, policy: 'local' } }],
        },
        {
          name: 'shop-admin',
          paths: ['/admin'],
          plugins: [{ name: 'key-auth' }, { name: 'acl', config: { allow: ['staff'] } }],
        },
        { name: 'shop-login', paths: ['/login'], methods: ['POST'], strip_path: false },
        { name: 'shop-public', paths: ['/public'] },
      ],
    },
  ],
  consumers: DEMO_CONSUMERS.map((username) => ({
    username,
    custom_id: `c-${username}`,
    tags: ['demo'],
    keyauth_credentials: [{ key: `key-${username}` }],
    acls: STAFF.includes(username) ? [{ group: 'staff' }] : [],
  })),
});
