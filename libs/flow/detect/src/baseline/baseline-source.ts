import type { MinuteCount } from '@outrider/ports/event-store';
import type { EventStore } from '@outrider/ports/event-store';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { CallerRef } from '../engine/caller-key.ts';
import { blockOf, DAY_MS, WINDOW_MS } from '../windows/time.ts';
import { CallerHistory, type BlockSpan } from './caller-history.ts';

const LOOK_BACK_MS = 14 * DAY_MS;
const MAX_ALERTS = 200;

/** Where a caller's past comes from when its baseline is first needed. Nothing of `cutoffBlock` or later may be in it. */
export interface BaselineSource {
  load(caller: CallerRef, cutoffBlock: number): Promise<CallerHistory>;
}

/** Reads the event store's minutes, without the time under alerts on the caller. */
export class StoredBaselines implements BaselineSource {
  constructor(
    private readonly events: Pick<EventStore, 'minuteCounts'>,
    private readonly alerts: Pick<AlertStore, 'list'>,
  ) {}

  async load(caller: CallerRef, cutoffBlock: number): Promise<CallerHistory> {
    const to = cutoffBlock * WINDOW_MS;
    const range = { from: to - LOOK_BACK_MS, to };
    const [rows, alerts] = await Promise.all([
      this.events.minuteCounts({ tenant: caller.tenant, kind: caller.kind, entities: [caller.id], range }),
      this.alerts.list({
        tenant: caller.tenant,
        entity: { kind: caller.kind, id: caller.id },
        range,
        limit: MAX_ALERTS,
      }),
    ]);
    const own: readonly MinuteCount[] = rows.filter((row) => row.minute < to);
    const excluded: BlockSpan[] = alerts.map((alert) => ({
      from: blockOf(alert.firstSeenAt),
      to: blockOf(alert.lastSeenAt),
    }));
    return CallerHistory.fromMinutes(own, cutoffBlock, excluded);
  }
}
