import type { EventStore, MinuteCount } from '@outrider/ports/event-store';
import type { AlertStore } from '@outrider/ports/alert-store';
import { callerKey, type CallerRef } from '../engine/caller-key.ts';
import { blockOf, DAY_MS, WINDOW_MS } from '../windows/time.ts';
import { CallerHistory, type BlockSpan } from './caller-history.ts';
import { ALL_TIME, type TeachingTimes } from './teaching-time.ts';

const LOOK_BACK_MS = 14 * DAY_MS;
const MAX_ALERTS = 200;

/** Where a caller's past comes from when its baseline is first needed. Nothing of `cutoffBlock` or later may be in it. */
export interface BaselineSource {
  load(caller: CallerRef, cutoffBlock: number): Promise<CallerHistory>;
  /** `load` of the same is likely soon: a source that takes time may begin. Never fails, and costs nothing if `load` never comes. */
  expect?(caller: CallerRef, cutoffBlock: number): void;
}

/** Callers of one tenant and kind whose past ends at the same block. */
export interface BaselineGroup extends Pick<CallerRef, 'tenant' | 'kind'> {
  readonly ids: readonly string[];
  readonly cutoffBlock: number;
}

/** Reads the event store's minutes, without the time under alerts on the caller and what people said must not teach. */
export class StoredBaselines implements BaselineSource {
  constructor(
    private readonly events: Pick<EventStore, 'minuteCounts'>,
    private readonly alerts: Pick<AlertStore, 'list'>,
    private readonly teaching: TeachingTimes = ALL_TIME,
  ) {}

  async load({ tenant, kind, id }: CallerRef, cutoffBlock: number): Promise<CallerHistory> {
    const histories = await this.loadAll({ tenant, kind, ids: [id], cutoffBlock });
    return histories.get(id) ?? new CallerHistory(cutoffBlock, cutoffBlock);
  }

  /** A history for each id, with one read of the event store. */
  async loadAll({ tenant, kind, ids, cutoffBlock }: BaselineGroup): Promise<ReadonlyMap<string, CallerHistory>> {
    const to = cutoffBlock * WINDOW_MS;
    const range = { from: to - LOOK_BACK_MS, to };
    // Before the read, so that what is said meanwhile is seen to be new.
    const said = new Map(ids.map((id) => [id, this.teaching.ofCaller(callerKey(tenant, kind, id))]));
    const [rows, alerted] = await Promise.all([
      this.events.minuteCounts({ tenant, kind, entities: ids, range }),
      this.#alerted(tenant, kind, ids, range),
    ]);
    const byId = new Map<string, MinuteCount[]>(ids.map((id) => [id, []]));
    for (const row of rows) if (row.minute < to) byId.get(row.entity)?.push(row);
    return new Map(
      [...byId].map(([id, own]) => [
        id,
        CallerHistory.fromMinutes(own, cutoffBlock, alerted.get(id) ?? [], said.get(id)),
      ]),
    );
  }

  /** Of several callers: one page of the tenant's alerts, and caller by caller only if there are more than that. */
  async #alerted(
    tenant: string,
    kind: CallerRef['kind'],
    ids: readonly string[],
    range: { readonly from: number; readonly to: number },
  ): Promise<ReadonlyMap<string, readonly BlockSpan[]>> {
    const page = { tenant, range, limit: MAX_ALERTS };
    let alerts = ids.length > 1 ? await this.alerts.list(page) : undefined;
    if (alerts === undefined || alerts.length >= MAX_ALERTS)
      alerts = (await Promise.all(ids.map((id) => this.alerts.list({ ...page, entity: { kind, id } })))).flat();
    const spans = new Map<string, BlockSpan[]>(ids.map((id) => [id, []]));
    for (const { entity, firstSeenAt, lastSeenAt } of alerts)
      if (entity.kind === kind) spans.get(entity.id)?.push({ from: blockOf(firstSeenAt), to: blockOf(lastSeenAt) });
    return spans;
  }
}
