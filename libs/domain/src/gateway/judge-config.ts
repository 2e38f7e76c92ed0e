import type { ConfigChange } from './config-change.ts';
import type { ConfigSnapshot, PluginFacts, StoredPlugin } from './config-snapshot.ts';
import { ConfigView } from './config-view.ts';
import { judgeAuth } from './judge-auth.ts';
import { judgePlugins } from './judge-plugins.ts';
import { judgeMembers, judgeUpstreams } from './judge-upstreams.ts';

export interface ConfigJudgement {
  readonly gateway: string;
  readonly before: ConfigSnapshot;
  readonly after: ConfigSnapshot;
  /** Times by which a rate limit must be raised to be told. */
  readonly limitFactor: number;
}

/** What became weaker from one snapshot to the next; tags, names, order and new entities as such are no matter. */
export const judgeConfig = ({ gateway, before, after, limitFactor }: ConfigJudgement): ConfigChange[] => {
  const views = {
    before: new ConfigView(aligned(before, after), gateway),
    after: new ConfigView(after, gateway),
    limitFactor,
  };
  return [
    ...judgeAuth(views.before, views.after),
    ...judgePlugins(views),
    ...judgeUpstreams(views.before, views.after),
    ...judgeMembers(before.groups, after.groups),
  ];
};

/** The plugins of a new look, each that we have a hand in with what stood there before us. */
export const withBases = (
  plugins: readonly StoredPlugin[],
  before: readonly StoredPlugin[] | undefined,
): readonly StoredPlugin[] => {
  if (!before || plugins.every(({ ours }) => ours === undefined)) return plugins;
  const past = new Map(before.map((plugin) => [plugin.id, plugin]));
  return plugins.map((plugin) => {
    const was = plugin.ours && past.get(plugin.id);
    const base = was && (was.ours ? was.base : factsOf(was));
    return base ? { ...plugin, base } : plugin;
  });
};

const factsOf = ({ ours: _ours, base: _base, ...facts }: StoredPlugin): PluginFacts => facts;

type Named = { readonly id: string; readonly name: string };

/** A service or route that was deleted and made anew under its name is the same one. */
const aligned = (before: ConfigSnapshot, after: ConfigSnapshot): ConfigSnapshot => {
  const ids = new Map([...renewed(before.services, after.services), ...renewed(before.routes, after.routes)]);
  if (ids.size === 0) return before;
  const now = (id: string): string => ids.get(id) ?? id;
  const nowOrNull = (id: string | null): string | null => (id === null ? null : now(id));
  const moved = <P extends PluginFacts>(plugin: P): P => ({
    ...plugin,
    service: nowOrNull(plugin.service),
    route: nowOrNull(plugin.route),
  });
  return {
    ...before,
    services: before.services.map((one) => ({ ...one, id: now(one.id) })),
    routes: before.routes.map((one) => ({ ...one, id: now(one.id), service: nowOrNull(one.service) })),
    plugins: before.plugins.map((one) => ({ ...moved(one), ...(one.base ? { base: moved(one.base) } : {}) })),
  };
};

const renewed = (before: readonly Named[], after: readonly Named[]): [string, string][] => {
  const known = new Set(before.map(({ id }) => id));
  const fresh = new Map(
    after.filter(({ id, name }) => name !== '' && !known.has(id)).map(({ id, name }) => [name, id]),
  );
  if (fresh.size === 0) return [];
  const there = new Set(after.map(({ id }) => id));
  return before.flatMap(({ id, name }): [string, string][] => {
    const now = there.has(id) || name === '' ? undefined : fresh.get(name);
    return now === undefined ? [] : [[id, now]];
  });
};
