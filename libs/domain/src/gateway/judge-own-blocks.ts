import type { Enforcement } from '../response/enforcement.ts';
import type { ConfigChange } from './config-change.ts';
import type { StoredPlugin } from './config-snapshot.ts';

export type LiveBlock = Pick<Enforcement, 'id' | 'state' | 'action' | 'entity' | 'appliedAt'>;

export interface OwnBlocks {
  readonly gateway: string;
  readonly plugins: readonly StoredPlugin[];
  /** Those of the look before; absent at the first. */
  readonly before: readonly StoredPlugin[] | undefined;
  /** Enforcements on this gateway, read after its plugins: whoever lifts one says so before. */
  readonly live: readonly LiveBlock[];
  /** Those that stood in Kong by then must be there; ms since epoch. */
  readonly appliedBy: number;
  /** Ids of enforcements that were told before. */
  readonly told: ReadonlySet<string>;
}

const SHOWN = 5;

/** What somebody took out of Kong that we had put in; told once for each enforcement. `told` is to be kept for the next look. */
export const judgeOwnBlocks = (look: OwnBlocks): { readonly changes: ConfigChange[]; readonly told: string[] } => {
  const told: string[] = [];
  const gone: { block: LiveBlock; how: string }[] = [];
  const past = new Map((look.before ?? []).map((plugin) => [plugin.id, plugin]));
  const carriers = new Map<string, StoredPlugin[]>();
  for (const plugin of look.plugins)
    for (const id of plugin.ours?.enforcements ?? []) carriers.set(id, [...(carriers.get(id) ?? []), plugin]);
  for (const block of look.live) {
    const stood = block.state === 'applied' || block.state === 'effective';
    if (!stood || block.appliedAt === null || block.appliedAt > look.appliedBy) continue;
    const how = failing(block, carriers.get(block.id) ?? [], past);
    if (how === undefined) continue;
    told.push(block.id);
    if (!look.told.has(block.id)) gone.push({ block, how });
  }
  if (gone.length === 0) return { changes: [], told };
  const named = gone
    .slice(0, SHOWN)
    .map(({ block, how }) => `${block.action.kind} of ${block.entity.name.slice(0, 60)} ${how}`);
  const rest = gone.length > SHOWN ? ` and ${gone.length - SHOWN} more` : '';
  return {
    told,
    changes: [
      {
        kind: 'block-removed',
        entity: { kind: 'gateway', id: look.gateway, name: look.gateway },
        severity: 'high',
        text: `somebody else undid what Outrider had put in: ${named.join(', ')}${rest}`.slice(0, 400),
        services: [],
        routes: [],
      },
    ],
  };
};

const failing = (
  { action, entity }: LiveBlock,
  plugins: readonly StoredPlugin[],
  past: ReadonlyMap<string, StoredPlugin>,
): string | undefined => {
  if (plugins.length === 0) return 'was removed';
  if (plugins.some(({ enabled }) => !enabled)) return 'was disabled';
  if (action.kind === 'block-consumer' && plugins.some(({ stops }) => stops === false)) return 'was made harmless';
  if (action.kind === 'block-address' && plugins.some(({ deny }) => deny?.entries && !deny.entries.includes(entity.id)))
    return 'was taken out of the list';
  if (action.kind === 'rate-limit-consumer' && plugins.some((plugin) => isRaised(plugin, past.get(plugin.id))))
    return 'was loosened';
  return undefined;
};

/** Whoever of us changes a limit writes its print anew. */
const isRaised = (plugin: StoredPlugin, was: StoredPlugin | undefined): boolean =>
  was?.ours?.print === plugin.ours?.print &&
  was?.perSecond !== undefined &&
  (plugin.perSecond ?? Number.POSITIVE_INFINITY) > was.perSecond * 1.001;
