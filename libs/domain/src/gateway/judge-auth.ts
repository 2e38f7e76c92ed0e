import type { ConfigChange } from './config-change.ts';
import type { PluginFacts } from './config-snapshot.ts';
import { placeText, scopeKey, type ConfigView, type Scope } from './config-view.ts';
import { AUTH_PLUGINS } from './plugin-roles.ts';

/** How closed a place is to callers without a credential. */
const Level = { open: 0, optional: 1, required: 2 } as const;

/** Changes by which requests need no credential any more. */
export const judgeAuth = (before: ConfigView, after: ConfigView): ConfigChange[] => {
  const scopes = new Map<string, Scope>();
  for (const name of AUTH_PLUGINS)
    for (const plugin of [...before.of(name), ...after.of(name)])
      if (!same(before.at(name, plugin), after.at(name, plugin)) || isLetIn(plugin, before, after))
        scopes.set(scopeKey(plugin), scopeOf(plugin));
  for (const route of after.routes.values()) {
    const known = before.routes.get(route.id);
    const scope = { route: route.id, service: null, consumer: null };
    if (known && known.service !== route.service) scopes.set(scopeKey(scope), scope);
  }
  return [...scopes.values()].flatMap((scope) => judgeScope(scope, before, after) ?? []);
};

const scopeOf = ({ service, route, consumer }: Scope): Scope => ({ service, route, consumer });

const same = (a: PluginFacts | undefined, b: PluginFacts | undefined): boolean =>
  a?.enabled === b?.enabled && (a?.anonymous ?? '') === (b?.anonymous ?? '') && sameList(a?.protocols, b?.protocols);

const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean => a.join() === b.join();

const judgeScope = (scope: Scope, before: ConfigView, after: ConfigView): ConfigChange | undefined => {
  if (!after.has(scope) || !before.has(scope)) return undefined;
  const routes = after.routesIn(scope);
  const known = routes.filter(({ id }) => before.routes.has(id));
  const places: readonly Scope[] =
    routes.length === 0 ? [scope] : known.map(({ id }) => ({ route: id, service: null, consumer: null }));
  let most = 0;
  let least: number = Level.required;
  const opened = new Set<string | null>();
  for (const place of places) {
    const [was, is] = [levelOf(before, place), levelOf(after, place)];
    if (is >= was) continue;
    most = Math.max(most, was);
    least = Math.min(least, is);
    opened.add(place.route);
  }
  if (opened.size === 0) return undefined;
  const entity = after.entityOf(scope);
  const what = happened(scope, before, after);
  const how = least === Level.open ? 'requests need no credential any more' : 'requests without a credential pass';
  const few = opened.size === 1 ? '' : ` on ${opened.size} routes`;
  return {
    kind: least === Level.open ? 'auth-removed' : 'anonymous-set',
    entity,
    severity: most === Level.required ? 'high' : 'medium',
    text: `authentication of ${placeText(entity)}: ${what}; ${how}${few}`.slice(0, 400),
    ...after.namesOf(
      scope,
      routes.filter(({ id }) => opened.has(id)),
    ),
  };
};

/** Several plugins without `anonymous` are all needed; with it on each, one is enough and none passes as anonymous. */
const levelOf = (view: ConfigView, place: Scope): number => {
  const needed = (place.route === null ? undefined : view.routes.get(place.route)?.protocols) ?? [];
  let level: number = Level.open;
  for (const name of AUTH_PLUGINS) {
    const plugin = view.effective(name, place);
    if (!plugin || !needed.every((one) => plugin.protocols.length === 0 || plugin.protocols.includes(one))) continue;
    const anonymous = plugin.anonymous ?? '';
    // a session remembers who came by another kind, and lets pass who has none
    if (name !== 'session' && (anonymous === '' || isTurnedAway(view, anonymous))) return Level.required;
    level = Level.optional;
  }
  return level;
};

/** The usual way to have several kinds of credential: whoever has none is the anonymous consumer, and that one is refused. */
const isTurnedAway = (view: ConfigView, anonymous: string): boolean => {
  const end = view.at('request-termination', { service: null, route: null, consumer: anonymous });
  return end?.enabled === true && end.stops === true;
};

/** The anonymous consumer of the plugin was turned away and is no more. */
const isLetIn = ({ anonymous = '' }: PluginFacts, before: ConfigView, after: ConfigView): boolean =>
  anonymous !== '' && isTurnedAway(before, anonymous) && !isTurnedAway(after, anonymous);

const happened = (scope: Scope, before: ConfigView, after: ConfigView): string => {
  const parts: string[] = [];
  for (const name of AUTH_PLUGINS) {
    const [was, is] = [before.at(name, scope), after.at(name, scope)];
    if (is && isLetIn(is, before, after)) parts.push(`the anonymous consumer of ${name} is turned away no more`);
    if (same(was, is)) continue;
    if (was && !is) parts.push(`${name} was removed`);
    else if (was?.enabled === true && is?.enabled === false) parts.push(`${name} was disabled`);
    else if (is && (is.anonymous ?? '') !== (was?.anonymous ?? ''))
      parts.push(
        is.anonymous === undefined ? `${name} was changed` : `${name} lets everybody in as an anonymous consumer`,
      );
    else if (was && is && !sameList(was.protocols, is.protocols))
      parts.push(`${name} holds for ${is.protocols.join(', ')} only (before: ${was.protocols.join(', ')})`);
    else if (is && !was) parts.push(`${name} was added`);
  }
  return parts.length === 0 ? 'its route was moved to another service' : parts.join(', ');
};
