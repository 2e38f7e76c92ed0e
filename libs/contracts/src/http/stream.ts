import * as z from 'zod';
import { Alert, AlertType, Severity } from '@outrider/domain/detection/alert';
import { Enforcement } from '@outrider/domain/response/enforcement';
import { listOf } from './paging.ts';

export const StreamQuery = z.strictObject({
  kinds: listOf(z.enum(['alert', 'enforcement']))
    .optional()
    .describe('both when absent'),
  type: listOf(AlertType).optional().describe('of alerts'),
  severity: Severity.optional().describe('of alerts: this severity or worse'),
});
export type StreamQuery = Readonly<z.infer<typeof StreamQuery>>;

/**
 * One message of the live stream: `event` is the kind, `data` the row as it stands when it is sent, as JSON.
 * `resync` (empty object) says that changes may have been missed: read the lists again.
 */
export type StreamMessage =
  | { readonly id: string; readonly event: 'alert'; readonly data: Alert }
  | { readonly id: string; readonly event: 'enforcement'; readonly data: Enforcement }
  | { readonly id: string; readonly event: 'resync'; readonly data: Record<string, never> };
