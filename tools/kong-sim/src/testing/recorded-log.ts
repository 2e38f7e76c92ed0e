import { readFileSync } from 'node:fs';
import { isObject, type Json, type JsonObject } from '../json.ts';

export interface RecordedCase {
  readonly name: string;
  /** What Kong wrote, one entry per request; its text is bytes, one per character. */
  readonly entries: readonly JsonObject[];
}

const file = (name: string): URL => new URL(`../../fixtures/${name}`, import.meta.url);

export const recordedCases = (): RecordedCase[] => {
  const lines = readFileSync(file('kong-3.9.3-tcp-log.ndjson'), 'latin1').trim().split('\n');
  const index = JSON.parse(readFileSync(file('kong-3.9.3-tcp-log.index.json'), 'utf8')) as {
    case: string;
    lines: number;
    first_line_no: number | null;
  }[];
  return index.map((row) => ({
    name: row.case,
    entries: lines
      .slice((row.first_line_no ?? 1) - 1, (row.first_line_no ?? 1) - 1 + row.lines)
      .map((line) => JSON.parse(line) as JsonObject),
  }));
};

/** The set-up of the recorded gateway, as it was sent: services, routes, consumers, credentials, plugins. */
export const recordedSetUp = (): { path: string; requestBody: JsonObject; id: string }[] =>
  readFileSync(file('admin-transcripts.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          section: string;
          status: number;
          path: string;
          requestBody: JsonObject;
          body: JsonObject;
        },
    )
    .filter(({ section, status }) => section.startsWith('1.') && status === 201)
    .map(({ path, requestBody, body }) => ({ path, requestBody, id: String(body['id']) }));

/** Differ from run to run: compared by type alone. */
const VOLATILE = new Set([
  'started_at',
  'request.id',
  'workspace',
  'route.ws_id',
  'service.ws_id',
  'route.created_at',
  'route.updated_at',
  'service.created_at',
  'service.updated_at',
  'service.port',
  'consumer.created_at',
  'consumer.updated_at',
  'latencies.request',
  'latencies.kong',
  'latencies.receive',
  'response.size',
  'response.headers.date',
  'response.headers.x-kong-request-id',
  'response.headers.x-kong-proxy-latency',
  'response.headers.x-kong-upstream-latency',
  'response.headers.x-kong-response-latency',
  'response.headers.ratelimit-reset',
  'response.headers.retry-after',
  'tries.*.port',
  'tries.*.balancer_start',
  'tries.*.balancer_start_ns',
  'tries.*.balancer_latency',
  'tries.*.balancer_latency_ns',
]);

/** An entry by the paths of its leaves, with what must differ replaced by its type. */
export const comparable = (entry: JsonObject): Record<string, Json> => {
  const leaves: Record<string, Json> = {};
  flatten(entry, '', leaves);
  for (const [path, value] of Object.entries(leaves))
    if (VOLATILE.has(path.replace(/\.\d+\./, '.*.'))) leaves[path] = `any ${typeof value}`;
  const proxy = leaves['latencies.proxy'];
  // Not proxied is -1, exactly; a time is some number.
  if (typeof proxy === 'number' && proxy >= 0) leaves['latencies.proxy'] = 'any time';
  leaves['request.url'] = String(leaves['request.url']).replace(/^(https?:\/\/[^/:]+):\d+/, '$1:port');
  return leaves;
};

const flatten = (value: Json, path: string, into: Record<string, Json>): void => {
  const entries = isObject(value)
    ? Object.entries(value)
    : Array.isArray(value)
      ? value.map((item, at) => [String(at), item] as const)
      : [];
  if (!isObject(value) && !Array.isArray(value)) into[path] = value;
  else if (entries.length === 0) into[path] = Array.isArray(value) ? '[]' : '{}';
  for (const [key, inner] of entries) flatten(inner, path === '' ? key : `${path}.${key}`, into);
};
