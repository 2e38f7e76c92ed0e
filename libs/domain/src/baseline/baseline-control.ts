import * as z from 'zod';
import { BaselineKind, type ExcludedTime } from './baseline.ts';

const Instant = z.number().int().min(0).max(8_640_000_000_000_000).describe('ms since epoch');

/** What a person said about an entity's baseline: a reset (only what came from `from` on teaches), or time that teaches nothing. */
export const BaselineControl = z
  .object({
    id: z.uuid(),
    action: z.enum(['reset', 'exclusion']),
    kind: BaselineKind,
    entityId: z.string().min(1).max(1_100),
    from: Instant,
    to: Instant.nullable().describe('null of a reset'),
    reason: z.string().max(500),
    createdAt: Instant,
    createdBy: z.string(),
  })
  .meta({ id: 'BaselineControl' });
export type BaselineControl = Readonly<z.infer<typeof BaselineControl>>;

/** With the tenant that it is of. */
export type OwnedBaselineControl = BaselineControl & { readonly tenant: string };

/** Time under alerts on an entity. */
export interface AlertedTime {
  readonly entityId: string;
  readonly from: number;
  readonly to: number;
}

/** What must not teach, by entity, as a BaselineStore takes it. The latest reset counts. */
export const untaughtTime = (
  controls: readonly BaselineControl[],
  alerted: readonly AlertedTime[],
): { readonly excluded: ReadonlyMap<string, readonly ExcludedTime[]>; readonly since: ReadonlyMap<string, number> } => {
  const excluded = new Map<string, ExcludedTime[]>();
  const since = new Map<string, number>();
  const exclude = (id: string, time: ExcludedTime): void => {
    const spans = excluded.get(id);
    if (spans) spans.push(time);
    else excluded.set(id, [time]);
  };
  for (const { action, entityId, from, to } of controls) {
    if (action === 'reset') since.set(entityId, Math.max(from, since.get(entityId) ?? 0));
    else exclude(entityId, { from, to: to ?? from });
  }
  for (const { entityId, from, to } of alerted) exclude(entityId, { from, to });
  return { excluded, since };
};
