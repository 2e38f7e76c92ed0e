import { readFileSync } from 'node:fs';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { EntryReader } from '../entry/entry-reader.ts';
import { GatewayContext } from '../entry/gateway-context.ts';
import type { Outcome } from '../entry/outcome.ts';
import { SecretNames } from '../entry/secret-names.ts';

/** When the tests' entries are received: 2026-11-22T17:00:00Z. */
export const RECEIVED_AT = Date.UTC(2026, 10, 22, 17);

const FIXTURES = new URL('../../fixtures/', import.meta.url);

export const fixture = (name: string): Buffer => readFileSync(new URL(name, FIXTURES));

/** The lines of a recorded file, as bytes. */
export const recordedLines = (name: string): Buffer[] => {
  const bytes = fixture(name);
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.subarray(at, end === -1 ? bytes.length : end));
    at = end === -1 ? bytes.length : end + 1;
  }
  return lines;
};

interface Case {
  readonly case: string;
  readonly lines: number;
  readonly first_line_no: number;
}

/** The recorded line(s) of a named case on Kong 3.9.3. */
export const recordedCase = (name: string): Buffer[] => {
  const index = JSON.parse(fixture('kong-3.9.3-tcp-log.index.json').toString('utf8')) as Case[];
  const found = index.find((entry) => entry.case === name);
  if (!found) throw new Error(`no recorded case ${name}`);
  return recordedLines('kong-3.9.3-tcp-log.ndjson').slice(
    found.first_line_no - 1,
    found.first_line_no - 1 + found.lines,
  );
};

/** The entry that Kong 3.9.3 wrote for an authenticated GET, to be changed by a test. Every call gives a fresh one. */
export const anEntry = (change: (entry: LooseEntry) => void = () => undefined): LooseEntry => {
  const entry = JSON.parse((recordedCase('ok_key_auth')[0] as Buffer).toString('utf8')) as LooseEntry;
  change(entry);
  return entry;
};

/** An entry whose fields a test may set to anything. */
export interface LooseEntry {
  [field: string]: unknown;
  request: Record<string, unknown> & { headers: Record<string, unknown> };
  response: Record<string, unknown> & { headers: Record<string, unknown> };
}

export const aGateway = (settings: Partial<GatewaySettings> = {}): GatewaySettings =>
  GatewaySettings.parse({ id: 'kong', ...settings });

export const aContext = (settings: Partial<GatewaySettings> = {}): GatewayContext =>
  new GatewayContext(aGateway(settings), new SecretNames());

export const FINGERPRINT_KEY = Buffer.alloc(32, 7);
export const aReader = (): EntryReader => new EntryReader({ fingerprintKey: FINGERPRINT_KEY });

export const readEntry = (entry: unknown, context: GatewayContext = aContext(), reader = aReader()): Outcome => {
  const bytes = Buffer.isBuffer(entry) ? entry : Buffer.from(JSON.stringify(entry));
  return reader.read(bytes, 0, bytes.length, context, RECEIVED_AT, 'tcp');
};

/** The event of an entry that must be readable. */
export const eventOf = (entry: unknown, context?: GatewayContext): ApiEvent => {
  const outcome = readEntry(entry, context);
  if (outcome.kind !== 'pass') throw new Error(`refused: ${outcome.reason}`);
  return outcome.event;
};
