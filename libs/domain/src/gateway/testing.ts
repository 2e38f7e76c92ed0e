import { ConfigSnapshot, StoredPlugin } from './config-snapshot.ts';

const HTTP = ['grpc', 'grpcs', 'http', 'https'];

/** An enabled key-auth on route `orders`; a test names only what it is about. Ids are the names. */
export const aPlugin = (over: Partial<StoredPlugin> = {}): StoredPlugin => {
  const scope = { service: null, route: 'orders', consumer: null };
  const plugin = { name: 'key-auth', enabled: true, protocols: HTTP, ...scope, ...over };
  return StoredPlugin.parse({
    id: [plugin.name, plugin.route, plugin.service, plugin.consumer].join('-'),
    ...plugin,
  });
};

export const GLOBAL = { service: null, route: null, consumer: null };
export const onRoute = (route: string) => ({ ...GLOBAL, route });
export const onService = (service: string) => ({ ...GLOBAL, service });
export const onConsumer = (consumer: string) => ({ ...GLOBAL, consumer });

export const aList = (...entries: string[]) => ({ n: entries.length, hash: [...entries].sort().join(), entries });

/** Services `shop` (routes `orders` and `reports`) and `site` (route `home`), with these plugins. */
export const aSnapshot = (plugins: readonly StoredPlugin[], over: Partial<ConfigSnapshot> = {}): ConfigSnapshot =>
  ConfigSnapshot.parse({
    takenAt: 1_767_225_600_000,
    plugins,
    services: [aService('shop'), aService('site')],
    routes: [aRoute('orders', 'shop'), aRoute('reports', 'shop'), aRoute('home', 'site')],
    groups: null,
    ...over,
  });

export const aService = (id: string, over: Partial<ConfigSnapshot['services'][number]> = {}) => ({
  id,
  name: id,
  host: 'upstream.example',
  port: 80,
  tlsVerify: null,
  ...over,
});

export const aRoute = (id: string, service: string | null, over: Partial<ConfigSnapshot['routes'][number]> = {}) => ({
  id,
  name: id,
  service,
  protocols: ['http', 'https'],
  ...over,
});
