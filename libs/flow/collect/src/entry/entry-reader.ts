import { hash } from 'node:crypto';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DeadLetter } from '@outrider/ports/event-store';
import { Fingerprints } from './credential.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { GatewayContext } from './gateway-context.ts';
import { requestIdOf } from './entry-field.ts';
import { httpEvent } from './http-event.ts';
import { isObject, numberOf, objectOf, type RawObject } from './raw-value.ts';
import { streamEvent } from './stream-event.ts';
import type { SignalSources } from '../signals/entry-signals.ts';
import type { Outcome, RefusalReason, Transport } from './outcome.ts';

const MIN_TIME = Date.UTC(2000, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1);
/** What is sent now may be off by so much: a store has a partition a week, and forged times must not open thousands of them. */
const MAX_LIVE_SKEW_MS = 5 * 365 * 86_400_000;

export interface EntryReaderOptions extends SignalSources {
  /** At least 16 bytes. */
  readonly fingerprintKey: Buffer;
}

/**
 * Reads one Kong log entry (2.8 to 3.9 and later) into a sanitised event. The hot path: one JSON.parse, then look-ups of known fields;
 * what repeats (paths, agents, addresses, credentials) is remembered. Never throws for any input.
 */
export class EntryReader {
  readonly #fingerprints: Fingerprints;

  readonly #sources: SignalSources;

  /** Without `addresses` every address is unknown; without `rules` no raw rule is asked. */
  constructor(options: EntryReaderOptions) {
    this.#fingerprints = new Fingerprints(options.fingerprintKey);
    this.#sources = options;
  }

  /** The entry in `bytes[start, end)`. Invalid UTF-8 is read as U+FFFD. */
  read(bytes: Buffer, start: number, end: number, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    if (!mayBeObject(bytes, start, end))
      return this.#refuse(firstByteReason(bytes, start, end), bytes.subarray(start, end), from, receivedAt, by);
    let entry: unknown;
    try {
      entry = JSON.parse(bytes.toString('utf8', start, end));
    } catch {
      return this.#refuse('not-json', bytes.subarray(start, end), from, receivedAt, by);
    }
    if (!isObject(entry)) return this.#refuse('not-an-object', bytes.subarray(start, end), from, receivedAt, by);
    const wrong = unreadable(entry, receivedAt, by);
    if (wrong !== undefined) return this.#refuse(wrong, bytes.subarray(start, end), from, receivedAt, by);
    const id = requestIdOf(entry);
    return {
      kind: 'pass',
      event: this.#event(
        entry,
        id === '' ? lineHash(bytes, start, end) : id,
        id !== '',
        from,
        heardAt(entry, receivedAt, by),
      ),
    };
  }

  /** An entry that was parsed elsewhere. Without a request id its hash is that of its own JSON text. */
  readObject(entry: unknown, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    const bytes = (): Buffer => Buffer.from(JSON.stringify(entry) ?? '');
    if (!isObject(entry)) return this.#refuse('not-an-object', bytes(), from, receivedAt, by);
    const wrong = unreadable(entry, receivedAt, by);
    if (wrong !== undefined) return this.#refuse(wrong, bytes(), from, receivedAt, by);
    const id = requestIdOf(entry);
    const at = heardAt(entry, receivedAt, by);
    if (id !== '') return { kind: 'pass', event: this.#event(entry, id, true, from, at) };
    const text = bytes();
    return { kind: 'pass', event: this.#event(entry, lineHash(text, 0, text.length), false, from, at) };
  }

  /** A line that was skipped because it is over the bound; `beginning` is what was kept of it. */
  tooLong(beginning: Buffer, totalBytes: number, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    return this.#refuse('too-long', beginning, from, receivedAt, by, totalBytes);
  }

  #event(entry: RawObject, id: string, hasRequestId: boolean, from: GatewayContext, receivedAt: number): ApiEvent {
    const reading = { id, hasRequestId, from, receivedAt, fingerprints: this.#fingerprints, sources: this.#sources };
    const request = entry['request'];
    return isObject(request)
      ? httpEvent(entry, request, reading)
      : streamEvent(entry, objectOf(entry['session']), reading);
  }

  #refuse(
    reason: RefusalReason,
    bytes: Buffer,
    from: GatewayContext,
    receivedAt: number,
    transport: Transport,
    totalBytes = bytes.length,
  ): Outcome {
    const detail = DETAIL[reason];
    const letter = (): DeadLetter =>
      deadLetterOf({ reason, detail, bytes, totalBytes, from, receivedAt, transport }, this.#fingerprints);
    return { kind: 'dead-letter', reason, detail, letter };
  }
}

/** When a line of a file was received nobody knows. The moment of reading would squeeze a file that is ahead of this machine's clock into it. */
const heardAt = (entry: RawObject, receivedAt: number, by: Transport): number =>
  by === 'file' ? (numberOf(entry['started_at']) ?? receivedAt) : receivedAt;

const unreadable = (entry: RawObject, receivedAt: number, by: Transport): RefusalReason | undefined => {
  const startedAt = numberOf(entry['started_at']);
  if (startedAt === undefined) return 'no-time';
  if (startedAt < MIN_TIME || startedAt >= MAX_TIME) return 'bad-time';
  if (by !== 'file' && Math.abs(startedAt - receivedAt) > MAX_LIVE_SKEW_MS) return 'bad-time';
  return isObject(entry['request']) || isObject(entry['session']) ? undefined : 'no-request';
};

const DETAIL: Record<RefusalReason, string> = {
  'not-json': 'the line is not JSON',
  'not-an-object': 'the line is JSON but no object',
  'no-request': 'neither "request" nor "session" is an object',
  'no-time': '"started_at" is missing or no number',
  'bad-time': '"started_at" is no time in ms, or years away from now',
  'too-long': 'longer than the bound for one entry',
};

/** Garbage is told from its first byte, without the cost of a failing JSON.parse. */
const mayBeObject = (bytes: Buffer, start: number, end: number): boolean => {
  let i = start;
  while (i < end && (bytes[i] as number) <= 32) i++;
  return i < end && bytes[i] === 123;
};

const firstByteReason = (bytes: Buffer, start: number, end: number): RefusalReason => {
  if (end - start > 64) return bytes[start] === 91 ? 'not-an-object' : 'not-json';
  try {
    JSON.parse(bytes.toString('utf8', start, end));
    return 'not-an-object';
  } catch {
    return 'not-json';
  }
};

/** 128 bits of SHA-256: names a line where Kong gives no request id. */
const lineHash = (bytes: Buffer, start: number, end: number): string =>
  hash('sha256', bytes.subarray(start, end), 'hex').slice(0, 32);
