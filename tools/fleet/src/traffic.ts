import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import * as z from 'zod';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SCENARIOS = `${ROOT}scenarios/`;
const RECORDED = `${ROOT}libs/flow/collect/fixtures/kong-3.9.3-tcp-log.ndjson`;

/** Between two looks of `until`. */
const BETWEEN_MS = 50;
/** Kong's http-log gives up after 10 s by default. */
const ANSWER_MS = 10_000;

const Expected = z.object({
  alerts: z.array(z.object({ type: z.string(), entity: z.object({ kind: z.string(), name: z.string() }) })),
});
export type Expected = z.infer<typeof Expected>;

export interface Entry {
  readonly started_at: number;
  readonly [field: string]: unknown;
}

export const scenarioNames = (): string[] =>
  readdirSync(SCENARIOS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

export const expectedOf = (scenario: string): Expected =>
  Expected.parse(parse(readFileSync(`${SCENARIOS}${scenario}/expected.yaml`, 'utf8')));

/** A scenario's entries in order of time, as if the last had been written now. */
export const happeningNow = (scenario: string, now: number = Date.now()): Entry[] => {
  const plain = `${SCENARIOS}${scenario}/kong.ndjson`;
  const text = existsSync(plain)
    ? readFileSync(plain, 'utf8')
    : gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
  const entries = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
    .sort((a, b) => a.started_at - b.started_at);
  const shift = now - (entries.at(-1)?.started_at ?? 0);
  return entries.map((entry) => ({ ...entry, started_at: entry.started_at + shift }));
};

/** The lines that a real Kong sent, as bytes: not all are valid UTF-8. */
export const recordedLines = (): Buffer[] => {
  const bytes = readFileSync(RECORDED);
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    lines.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return lines.filter((line) => line.length > 0);
};

export const sendTcp = (port: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.end(bytes));
    socket.once('error', reject).once('close', () => resolve());
  });

/** `POST /v1/logs`; gives the status, 0 when nobody answered. */
export const sendHttp = async (port: number, token: string, body: string | Buffer, type: string): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': type,
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => undefined);
  await response?.arrayBuffer().catch(() => undefined);
  return response?.status ?? 0;
};

/** Asks until it holds, up to a bound; gives the last answer. */
export const until = async <T>(read: () => Promise<T>, holds: (value: T) => boolean, withinMs = 60_000): Promise<T> => {
  for (const end = Date.now() + withinMs; ;) {
    const value = await read();
    if (holds(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
};
