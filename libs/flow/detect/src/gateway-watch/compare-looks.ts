import type { ConfigChange } from '@outrider/domain/gateway/config-change';
import type { ConfigSnapshot } from '@outrider/domain/gateway/config-snapshot';
import { judgeConfig, withBases } from '@outrider/domain/gateway/judge-config';
import { judgeOwnBlocks, type LiveBlock } from '@outrider/domain/gateway/judge-own-blocks';
import { sameJson } from '@outrider/domain/gateway/same-json';
import { joined, toldBlocksOf, type RecentChanges } from '@outrider/domain/gateway/watch-memory';
import { severityRank } from '@outrider/domain/detection/alert-lifecycle';
import { entityKey } from '@outrider/domain/traffic/entity';
import type { GatewayAdmin } from '@outrider/ports/gateway-admin';
import type { StoredSnapshot } from '@outrider/ports/gateway-snapshot-store';

/** Reading a large gateway takes a while, and clocks of processes differ; ms. */
const APPLIED_MARGIN_MS = 5_000;
/** Alerts of one look; what is beyond is added up in one on the gateway. */
const MAX_ENTITIES = 50;

export interface Looks {
  readonly gateway: string;
  readonly before: StoredSnapshot | undefined;
  readonly seen: ConfigSnapshot;
  readonly live: readonly LiveBlock[];
  readonly limitFactor: number;
}

export interface Comparison {
  readonly changes: readonly ConfigChange[];
  readonly toldBlocks: string[];
  /** What is to be told, one for each entity; consumers by their names. */
  byEntity(
    admin: Pick<GatewayAdmin, 'consumer'>,
    recent: readonly RecentChanges[],
    window: { readonly from: number; readonly to: number },
  ): Promise<readonly RecentChanges[]>;
}

/** Two looks at one gateway: what became weaker. Nothing at the first. */
export const compareLooks = ({ gateway, before, seen, live, limitFactor }: Looks): Comparison => {
  const blocks = judgeOwnBlocks({
    gateway,
    plugins: seen.plugins,
    before: before?.snapshot.plugins,
    live,
    appliedBy: seen.takenAt - APPLIED_MARGIN_MS,
    told: new Set(before?.memory.toldBlocks ?? []),
  });
  const after = { ...seen, plugins: [...withBases(seen.plugins, before?.snapshot.plugins)] };
  const weaker =
    !before || sameConfig(before.snapshot, after)
      ? []
      : judgeConfig({ gateway, before: before.snapshot, after, limitFactor });
  const changes = before ? [...weaker, ...blocks.changes] : [];
  return {
    changes,
    toldBlocks: toldBlocksOf(blocks.told),
    byEntity: async (admin, recent, window) => {
      const groups = new Map<string, [ConfigChange, ...ConfigChange[]]>();
      for (const change of folded(await named(changes, admin), gateway)) {
        const key = entityKey(change.entity);
        const known = groups.get(key);
        if (known) known.push(change);
        else groups.set(key, [change]);
      }
      return [...groups.values()].map((group) => joined(group, recent, window));
    },
  };
};

/** Whenever it was seen. */
export const sameConfig = (a: ConfigSnapshot, b: ConfigSnapshot): boolean =>
  sameJson({ ...a, takenAt: 0 }, { ...b, takenAt: 0 });

/** Consumers by name. What is said of one that is gone was not weakened: it went with it. */
const named = async (
  changes: readonly ConfigChange[],
  admin: Pick<GatewayAdmin, 'consumer'>,
): Promise<ConfigChange[]> => {
  const names = new Map<string, string | undefined>();
  const found: ConfigChange[] = [];
  for (const change of changes) {
    const { entity } = change;
    if (entity.kind !== 'consumer') {
      found.push(change);
      continue;
    }
    if (!names.has(entity.id) && names.size < MAX_ENTITIES) {
      const consumer = await admin.consumer(entity.id);
      names.set(entity.id, consumer && (consumer.username ?? consumer.custom_id ?? entity.id));
    }
    const name = names.has(entity.id) ? names.get(entity.id) : entity.id;
    if (name === undefined) continue;
    found.push({
      ...change,
      entity: { ...entity, name },
      text: change.text.replace(`consumer "${entity.id}"`, `consumer "${name.slice(0, 80)}"`).slice(0, 400),
    });
  }
  return found;
};

/** The gravest by themselves, the rest as a number: a replaced configuration must not be a thousand alerts. */
const folded = (changes: readonly ConfigChange[], gateway: string): readonly ConfigChange[] => {
  const keys = new Set(changes.map(({ entity }) => entityKey(entity)));
  if (keys.size <= MAX_ENTITIES) return changes;
  const sorted = [...changes].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
  const kept = new Set([...new Set(sorted.map(({ entity }) => entityKey(entity)))].slice(0, MAX_ENTITIES));
  const rest = sorted.filter(({ entity }) => !kept.has(entityKey(entity)));
  const [gravest] = rest;
  if (!gravest) return changes;
  return [
    ...sorted.filter(({ entity }) => kept.has(entityKey(entity))),
    {
      kind: gravest.kind,
      entity: { kind: 'gateway', id: gateway, name: gateway },
      severity: gravest.severity,
      text: `${rest.length} further changes in ${keys.size - kept.size} other places, among them: ${gravest.text}`.slice(
        0,
        400,
      ),
      services: [],
      routes: [],
    },
  ];
};
