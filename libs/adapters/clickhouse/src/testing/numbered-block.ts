import { anApiEvent, testRequestId } from '@outrider/domain/traffic/testing';
import type { EventBlock } from '@outrider/ports/event-store';
import { storedRows } from './event-rows.ts';

export const ROWS_A_BLOCK = 60;
const WEEK_MS = 7 * 86_400_000;
const BEGIN = Date.UTC(2026, 0, 5);

/** Block `n` of the kill test: always the same rows under the same token; half of them a week apart, so that it makes two parts a table. */
export const numberedBlock = (n: number): EventBlock => ({
  token: `block-${n}`,
  rows: storedRows(
    Array.from({ length: ROWS_A_BLOCK }, (_, i) =>
      anApiEvent({
        id: testRequestId(n * 1_000 + i),
        startedAt: BEGIN + n * 1_000 + i + (i % 2) * WEEK_MS,
        consumerId: `consumer-${i % 5}`,
        clientIp: `203.0.113.${i % 7}`,
        pathTemplate: `/orders/${i % 3}`,
      }),
    ),
    { position: n * 1_000 },
  ),
});
