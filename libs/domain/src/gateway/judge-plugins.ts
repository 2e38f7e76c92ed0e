import type { ConfigChange } from './config-change.ts';
import type { PluginFacts } from './config-snapshot.ts';
import { placeText, scopeKey, type ConfigView, type Scope } from './config-view.ts';
import { judgeLimit, judgeRestriction } from './judge-restrictions.ts';
import { LIMIT_PLUGINS, LOG_PLUGINS, METRIC_PLUGINS, RESTRICTION_PLUGINS } from './plugin-roles.ts';
import { sameJson } from './same-json.ts';

type Judged = Pick<ConfigChange, 'kind' | 'severity' | 'text'>;

/** Both sides of one plugin's change, in a place that it stands or stood in. */
interface Change {
  readonly name: string;
  readonly scope: Scope;
  readonly was: PluginFacts | undefined;
  readonly is: PluginFacts | undefined;
}

export interface PluginJudgement {
  readonly before: ConfigView;
  readonly after: ConfigView;
  /** Times by which a rate limit must be raised to be told. */
  readonly limitFactor: number;
}

/** Changes of plugins that restrict, log, limit or run code. */
export const judgePlugins = (views: PluginJudgement): ConfigChange[] => {
  const { before, after } = views;
  const changes: ConfigChange[] = [];
  for (const name of new Set([...before.names, ...after.names])) {
    const scopes = new Map<string, Scope>();
    for (const plugin of [...before.of(name), ...after.of(name)]) scopes.set(scopeKey(plugin), plugin);
    for (const scope of scopes.values()) {
      const [was, is] = [before.at(name, scope), after.at(name, scope)];
      // what is gone with its service or route weakens nothing
      if (sameFacts(was, is) || !after.has(scope)) continue;
      const at = { service: scope.service, route: scope.route, consumer: scope.consumer };
      for (const judged of judge({ name, scope: at, was, is }, views)) changes.push(placed(judged, at, after));
    }
  }
  return changes;
};

const sameFacts = (a: PluginFacts | undefined, b: PluginFacts | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && sameJson(a, a.id === b.id ? b : { ...b, id: a.id }));

const placed = (judged: Judged, scope: Scope, after: ConfigView): ConfigChange => {
  const entity = after.entityOf(scope);
  return { ...judged, entity, text: `${placeText(entity)}: ${judged.text}`.slice(0, 400), ...after.namesOf(scope) };
};

const among = (names: readonly string[], name: string): boolean => names.includes(name);

const judge = (change: Change, views: PluginJudgement): Judged[] => [
  ...(change.was && change.is ? unverified(change.was, change.is) : []),
  ...code(change),
  ...inForce(change, views),
];

/** By what Kong applies in that place, so that a plugin that took another's place is held against it. */
const inForce = ({ name, scope }: Change, { before, after, limitFactor }: PluginJudgement): Judged[] => {
  const was = before.effective(name, scope, after.serviceOf(scope));
  const is = after.effective(name, scope);
  if (!was) return [];
  const known = before.has(scope);
  if (among(RESTRICTION_PLUGINS, name)) return known ? some(judgeRestriction(was, is)) : [];
  if (among(LIMIT_PLUGINS, name))
    return known ? some(limit(scope, before.at(name, scope), judgeLimit(was, is, limitFactor))) : [];
  if (among(LOG_PLUGINS, name) || among(METRIC_PLUGINS, name)) return some(logging(was, is, scope, after));
  return [];
};

const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

/** A quota of its own for one customer is business. */
const limit = (scope: Scope, own: PluginFacts | undefined, judged: Judged | undefined): Judged | undefined => {
  if (!judged || scope.consumer === null) return judged;
  return own?.enabled === true ? { ...judged, severity: 'low' } : undefined;
};

const logging = (
  was: PluginFacts,
  is: PluginFacts | undefined,
  scope: Scope,
  after: ConfigView,
): Judged | undefined => {
  const metrics = among(METRIC_PLUGINS, was.name);
  const to = was.destination?.shown ?? '';
  if (!is) {
    const others = LOG_PLUGINS.some((name) => after.effective(name, scope) !== undefined);
    return {
      kind: 'log-removed',
      severity: metrics ? 'low' : others ? 'medium' : 'high',
      text: `${was.name} (${to}) is not in force any more${others ? '' : ': requests are logged nowhere'}`,
    };
  }
  const lost = was.protocols.filter((one) => is.protocols.length > 0 && !is.protocols.includes(one));
  if (lost.length > 0)
    return {
      kind: 'log-removed',
      severity: metrics ? 'low' : 'high',
      text: `${was.name} logs ${lost.join(', ')} no more`,
    };
  if (was.destination?.hash === is.destination?.hash) return undefined;
  const narrower = scopeKey(was) !== scopeKey(is);
  // a narrower one is gone, and the wider one that stood behind it sees everything again
  if (narrower && scopeKey(is) !== scopeKey(scope)) return undefined;
  const now = is.destination?.shown ?? '';
  return narrower
    ? {
        kind: 'log-shadowed',
        severity: metrics ? 'low' : 'high',
        text: `a further ${was.name} (${now}) takes the place of the one that logged to ${to}, which sees these requests no more`,
      }
    : {
        kind: 'log-redirected',
        severity: metrics ? 'low' : 'high',
        text: `${was.name} logs to ${now}, before to ${to}`,
      };
};

const code = ({ name, was, is }: Change): Judged[] => {
  if (is?.code === undefined || !is.enabled) return [];
  const before = was?.enabled === true ? was.code : undefined;
  if (before === is.code) return [];
  return [
    {
      kind: 'code',
      severity: 'high',
      text: `code in ${name} was ${before === undefined ? 'added' : 'changed'}: it sees and may change every request there`,
    },
  ];
};

const unverified = (was: PluginFacts, is: PluginFacts): Judged[] => {
  if (!is.enabled) return [];
  const off = Object.entries(was.verify ?? {}).filter(([path, on]) => on && is.verify?.[path] === false);
  if (off.length === 0) return [];
  const paths = off.map(([path]) => path).join(', ');
  return [
    { kind: 'verification-off', severity: 'medium', text: `${is.name} verifies no certificates any more (${paths})` },
  ];
};
