import { completeRow, encodeEvent } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/** Rows as the analyzer hands them to the store. For specs. */
export const storedRows = (
  events: readonly ApiEvent[],
  options: { readonly position?: number; readonly blockEcho?: boolean } = {},
): string[] =>
  events.map((event, i) => completeRow(encodeEvent(event), (options.position ?? 1) + i, options.blockEcho ?? false));
