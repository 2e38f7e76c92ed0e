import type { AdminGroups, ConfigSnapshot, RouteFacts, ServiceFacts, StoredPlugin } from '@outrider/domain/gateway/config-snapshot'; // prettier-ignore
import { soundsLikeAdmin } from '@outrider/domain/gateway/judge-upstreams';
import { PermanentError } from '@outrider/platform/errors';
import type { GatewayAdmin } from '@outrider/ports/gateway-admin';
import { factsOf } from './plugin-facts.ts';

/** Of one gateway: plugins, services and routes each. */
export const MAX_ROWS = 50_000;
/** ACL groups that are looked through, and members of administrators' groups that are kept. */
const MAX_MEMBERSHIPS = 1_000_000;
const MAX_MEMBERS = 10_000;
/** Addresses and groups of all lists together; beyond it lists are compared by their length and hash. */
const MAX_ENTRIES = 200_000;
/** Consumers that plugins call anonymous, by name; each is looked up. */
const MAX_ANONYMOUS = 50;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * One look at what matters to security. It is whole, or it is an error: of a Kong that went away in the middle nothing is known. Services first and
 * plugins last, so that what is made meanwhile is seen with its plugins, or not at all.
 */
export const readConfig = async (
  admin: GatewayAdmin,
  takenAt: number,
  known: AdminGroups | null,
): Promise<ConfigSnapshot> => {
  const services = await admin.services();
  const routes = await admin.routes();
  bounded('services', services.length);
  bounded('routes', routes.length);
  const plugins: StoredPlugin[] = [];
  let seen = 0;
  await admin.eachPlugin((plugin) => {
    bounded('plugins', ++seen);
    const facts = factsOf(plugin);
    if (facts) plugins.push(facts);
  });
  return {
    takenAt,
    services: services
      .map((one): ServiceFacts => ({
        ...{ id: one.id, name: (one.name ?? '').slice(0, 200), host: one.host.slice(0, 300), port: one.port },
        tlsVerify: one.tls_verify,
      }))
      .sort(byId),
    routes: routes
      .map((one): RouteFacts => ({
        ...{ id: one.id, name: (one.name ?? '').slice(0, 200), service: one.service?.id ?? null },
        protocols: [...(one.protocols ?? [])].sort(),
      }))
      .sort(byId),
    plugins: fitting(await byConsumerId(plugins.sort(byId), admin)),
    groups: known,
  };
};

/** `anonymous` may name a consumer; plugins go by ids. */
const byConsumerId = async (
  plugins: readonly StoredPlugin[],
  admin: Pick<GatewayAdmin, 'consumer'>,
): Promise<readonly StoredPlugin[]> => {
  const ids = new Map<string, string>();
  for (const { anonymous } of plugins) {
    if (anonymous === undefined || UUID.test(anonymous) || ids.has(anonymous) || ids.size >= MAX_ANONYMOUS) continue;
    ids.set(anonymous, (await admin.consumer(anonymous))?.id ?? anonymous);
  }
  if (ids.size === 0) return plugins;
  return plugins.map((plugin) => {
    const id = plugin.anonymous === undefined ? undefined : ids.get(plugin.anonymous);
    return id === undefined ? plugin : { ...plugin, anonymous: id };
  });
};

/** Who is in a group whose name has one of the words. */
export const readAdminGroups = async (admin: GatewayAdmin, words: readonly string[]): Promise<AdminGroups> => {
  const set = new Set(words);
  const members: { consumer: string; group: string }[] = [];
  let seen = 0;
  await admin.eachMembership(({ consumer, group }) => {
    if (++seen > MAX_MEMBERSHIPS) throw tooMany('ACL groups of consumers', MAX_MEMBERSHIPS);
    if (!soundsLikeAdmin(group, set)) return;
    if (members.length >= MAX_MEMBERS) throw tooMany('members of administrative ACL groups', MAX_MEMBERS);
    members.push({ consumer, group: group.slice(0, 200) });
  });
  const key = ({ consumer, group }: { consumer: string; group: string }): string => `${consumer}|${group}`;
  return { words: wordsKey(words), members: members.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
};

export const wordsKey = (words: readonly string[]): string => [...words].sort().join(' ');

const bounded = (what: string, count: number): void => {
  if (count > MAX_ROWS) throw tooMany(what, MAX_ROWS);
};

const tooMany = (what: string, max: number): PermanentError =>
  new PermanentError(
    `this gateway has more than ${max} ${what}: its configuration is not watched`,
    'gateway-too-large',
  );

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/** Long lists of later plugins are kept as hashes once all lists together are too long. */
const fitting = (plugins: readonly StoredPlugin[]): StoredPlugin[] => {
  let left = MAX_ENTRIES;
  return plugins.map((plugin) => {
    left -= (plugin.allow?.entries?.length ?? 0) + (plugin.deny?.entries?.length ?? 0);
    if (left >= 0 || plugin.ours) return plugin;
    const { allow, deny, ...rest } = plugin;
    const bare = ({ n, hash }: NonNullable<StoredPlugin['allow']>) => ({ n, hash });
    return { ...rest, ...(allow ? { allow: bare(allow) } : {}), ...(deny ? { deny: bare(deny) } : {}) };
  });
};
