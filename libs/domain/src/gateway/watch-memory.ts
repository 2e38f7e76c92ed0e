import * as z from 'zod';
import { SEVERITIES, type Alert, type Severity } from '../detection/alert.ts';
import { entityKey, type Entity } from '../traffic/entity.ts';
import { ConfigChange } from './config-change.ts';

/** Entities whose changes are remembered, the latest. */
export const MAX_RECENT = 200;
/** Changes of one entity that are listed. */
export const MAX_LISTED = 10;
const MAX_TOLD_BLOCKS = 10_000;

/** What was told of one entity lately: further changes are listed with it, and abuse that follows makes it graver. */
export const RecentChanges = z.object({
  /** ms since epoch: the first and the last of them. */
  from: z.number().int(),
  to: z.number().int(),
  /** The first is the gravest; at most MAX_LISTED, `count` is how many there were. */
  changes: z.array(ConfigChange).min(1).max(MAX_LISTED),
  count: z.number().int(),
  /** Abuse that followed was told. */
  followed: z.boolean(),
});
export type RecentChanges = Readonly<z.infer<typeof RecentChanges>>;

/** What the watch of one gateway remembers beside the snapshot. */
export const WatchMemory = z.object({
  recent: z.array(RecentChanges).max(MAX_RECENT),
  /** Enforcements whose absence was told. */
  toldBlocks: z.array(z.string()).max(MAX_TOLD_BLOCKS),
  /** No look has succeeded since; ms since epoch. */
  failing: z.object({ since: z.number(), looks: z.number().int() }).optional(),
});
export type WatchMemory = Readonly<z.infer<typeof WatchMemory>>;

export const NOTHING_REMEMBERED: WatchMemory = { recent: [], toldBlocks: [] };

/** All of one look that is about one entity, with what was told of it before; the gravest first. */
export const joined = (
  changes: readonly [ConfigChange, ...ConfigChange[]],
  recent: readonly RecentChanges[],
  window: { readonly from: number; readonly to: number },
): RecentChanges => {
  const before = recent.find((one) => sameEntity(entityOf(one), changes[0].entity));
  const all = [...changes, ...(before?.changes ?? [])].sort((a, b) => rank(b.severity) - rank(a.severity));
  return {
    from: before?.from ?? window.from,
    to: window.to,
    changes: all.slice(0, MAX_LISTED),
    count: changes.length + (before?.count ?? 0),
    followed: false,
  };
};

/** In the place of what was remembered of its entity. */
export const remembered = (recent: readonly RecentChanges[], one: RecentChanges): readonly RecentChanges[] =>
  [...recent.filter((other) => !sameEntity(entityOf(other), entityOf(one))), one].slice(-MAX_RECENT);

export const stillRecent = (recent: readonly RecentChanges[], since: number): readonly RecentChanges[] =>
  recent.every(({ to }) => to >= since) ? recent : recent.filter(({ to }) => to >= since);

export const toldBlocksOf = (ids: readonly string[]): string[] => ids.slice(0, MAX_TOLD_BLOCKS);

const UNNAMED: Entity = { kind: 'gateway', id: '?', name: '?' };

/** There is always one change. */
export const entityOf = ({ changes }: RecentChanges): Entity => changes[0]?.entity ?? UNNAMED;

export const severityOf = ({ changes }: RecentChanges): Severity => changes[0]?.severity ?? 'medium';

const sameEntity = (a: Entity, b: Entity): boolean => entityKey(a) === entityKey(b);

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** What an alert of abuse is about, as far as it matters here. */
export type Abuse = Pick<Alert, 'type' | 'gateway' | 'entity' | 'scope' | 'lastSeenAt'>;

/** The abuse that uses what the changes opened: on the same service, route or caller; after a change of the whole gateway, any. */
export const abuseAfter = (one: RecentChanges, abuses: readonly Abuse[], followMs: number): Abuse | undefined =>
  abuses.find(
    (abuse) => abuse.lastSeenAt >= one.from - followMs && one.changes.some((change) => isAbout(abuse, change)),
  );

const isAbout = ({ entity, scope }: Abuse, change: ConfigChange): boolean => {
  if (change.entity.kind === 'gateway') return OPENING.has(change.kind);
  if (entityKey(entity) === entityKey(change.entity)) return true;
  if (change.entity.kind === 'route') return scope.routes.some((name) => names(change.entity).includes(name));
  return change.entity.kind === 'service' && scope.services.some((name) => names(change.entity).includes(name));
};

const names = ({ id, name }: Entity): readonly string[] => [id, name];

/** Of changes of a whole gateway those that let somebody in. */
const OPENING: ReadonlySet<ConfigChange['kind']> = new Set([
  'auth-removed',
  'anonymous-set',
  'restriction-removed',
  'restriction-widened',
  'block-removed',
  'code',
]);
