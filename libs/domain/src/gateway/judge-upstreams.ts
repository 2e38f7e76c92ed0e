import type { ConfigChange } from './config-change.ts';
import type { ConfigSnapshot, ServiceFacts } from './config-snapshot.ts';
import { placeText, type ConfigView } from './config-view.ts';
import { AUTH_PLUGINS } from './plugin-roles.ts';

/** Kong's own: Admin API, Kong Manager, Dev Portal, cluster and status, as its defaults have them. */
const ADMIN_PORTS = new Set([8001, 8002, 8003, 8004, 8444, 8445, 8446, 8447]);
const NODE_PORTS = new Set([8005, 8006, 8007, 8100]);

/** Services that verify no more, and ways through the gateway to the gateway's own ports. */
export const judgeUpstreams = (before: ConfigView, after: ConfigView): ConfigChange[] => {
  const changes: ConfigChange[] = [];
  for (const service of after.services.values()) {
    const was = before.services.get(service.id);
    const scope = { service: service.id, route: null, consumer: null };
    const entity = after.entityOf(scope);
    if (was?.tlsVerify === true && service.tlsVerify !== true)
      changes.push({
        kind: 'verification-off',
        entity,
        severity: 'medium',
        text: `${placeText(entity)}: the upstream's certificate is not verified any more (tls_verify)`.slice(0, 400),
        ...after.namesOf(scope),
      });
    const fresh = !was || was.host !== service.host || was.port !== service.port;
    if (fresh && isOwnPort(service)) changes.push(exposed(service, after));
  }
  for (const route of after.routes.values()) {
    const service = route.service === null ? undefined : after.services.get(route.service);
    const was = before.routes.get(route.id);
    // a new service was told with its routes
    if (!service || !before.services.has(service.id) || !isOwnPort(service) || was?.service === service.id) continue;
    if (!changes.some(({ kind, entity }) => kind === 'admin-exposed' && entity.id === service.id))
      changes.push(exposed(service, after));
  }
  return changes;
};

const isOwnPort = ({ host, port }: ServiceFacts): boolean =>
  (ADMIN_PORTS.has(port) || NODE_PORTS.has(port)) && isLoopback(host.toLowerCase());

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(host) || /^\[?(?:::1?|::ffff:127\..*)\]?$/.test(host) || host === '0.0.0.0'; // prettier-ignore

const exposed = (service: ServiceFacts, after: ConfigView): ConfigChange => {
  const scope = { service: service.id, route: null, consumer: null };
  const entity = after.entityOf(scope);
  const open = after
    .routesIn(scope)
    .some(
      ({ id }) => !AUTH_PLUGINS.some((name) => after.effective(name, { route: id, service: null, consumer: null })),
    );
  const what = ADMIN_PORTS.has(service.port) ? 'Admin API or manager' : 'status or cluster port';
  return {
    kind: 'admin-exposed',
    entity,
    severity: open && ADMIN_PORTS.has(service.port) ? 'high' : 'medium',
    text: `${placeText(entity)} leads to ${service.host}:${service.port}, the gateway's own ${what}${open ? ', without authentication' : ''}`.slice(0, 400), // prettier-ignore
    ...after.namesOf(scope),
  };
};

/** Consumers that are in a group of administrators and were not. `null`: not read yet, or by other words. */
export const judgeMembers = (before: ConfigSnapshot['groups'], after: ConfigSnapshot['groups']): ConfigChange[] => {
  if (!before || !after || before.words !== after.words) return [];
  const known = new Set(before.members.map(({ consumer, group }) => `${consumer}|${group}`));
  return after.members
    .filter(({ consumer, group }) => !known.has(`${consumer}|${group}`))
    .map(({ consumer, group }) => ({
      kind: 'admin-member',
      entity: { kind: 'consumer', id: consumer, name: consumer },
      severity: 'medium',
      text: `the consumer is a member of ACL group "${group.slice(0, 100)}" and was not before`,
      services: [],
      routes: [],
    }));
};

/** `admin-users`, `orgAdmin` and `admin` have the word `admin`; `administration` has not. */
export const soundsLikeAdmin = (group: string, words: ReadonlySet<string>): boolean =>
  group
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .some((word) => words.has(word));
