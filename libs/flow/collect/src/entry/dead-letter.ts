import type { DeadLetter } from '@outrider/ports/event-store';
import type { Fingerprints } from './credential.ts';
import { excerptOf } from './excerpt.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { RefusalReason, Transport } from './outcome.ts';

export interface UnreadableEntry {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** The entry, or its beginning when it was too long to be kept. */
  readonly bytes: Buffer;
  readonly totalBytes: number;
  readonly from: GatewayContext;
  readonly receivedAt: number;
  readonly transport: Transport;
}

/** The id comes from the content (keyed: an entry holds secrets), so the same line sent again is the same dead letter. */
export const deadLetterOf = (entry: UnreadableEntry, fingerprints: Fingerprints): DeadLetter => ({
  tenant: entry.from.tenant,
  gateway: entry.from.gateway,
  id: fingerprints.ofBytes(`${entry.from.key}:${entry.totalBytes}`, entry.bytes),
  receivedAt: entry.receivedAt,
  reason: entry.reason,
  detail: entry.detail,
  excerpt: excerptOf(entry.bytes),
  bytes: entry.totalBytes,
  transport: entry.transport,
});
