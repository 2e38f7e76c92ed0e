import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CallerError } from '@outrider/platform/errors';
import { systemClock } from '@outrider/ports/clock';
import { aContext, anEntry, aReader, fixture } from '../testing/log-entry.ts';
import { readLogStream } from './log-file-reader.ts';

const LINES = fixture('kong-3.9.3-tcp-log.ndjson').toString('utf8').trim().split('\n');
const ENTRIES = LINES.map((line): unknown => JSON.parse(line));

const read = async (content: string | Buffer, chunkBytes = 65_536) => {
  const bytes = Buffer.from(content);
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const sum = { ids: [] as string[], refused: 0 };
  const parts = { reader: aReader(), from: aContext(), clock: systemClock };
  for await (const chunk of readLogStream(Readable.from(pieces()), parts)) {
    sum.refused += chunk.refused;
    for (const event of chunk.events) sum.ids.push(event.id);
  }
  return sum;
};

const lines = (wrapped: (line: string, entry: unknown) => unknown): string =>
  LINES.map((line, i) => {
    const value = wrapped(line, ENTRIES[i]);
    return typeof value === 'string' ? value : JSON.stringify(value);
  }).join('\n');

const cut = (line: string, at: number): readonly string[] =>
  line.length <= at ? [line] : [line.slice(0, at), ...cut(line.slice(at), at)];

const docker = (line: string, at: number): string =>
  cut(line, at)
    .map((log, i, all) => JSON.stringify({ log: i === all.length - 1 ? `${log}\n` : log, stream: 'stdout', time: 'x' }))
    .join('\n');

const kubernetes = (line: string, at: number): string =>
  cut(line, at)
    .map((piece, i, all) => `2026-11-23T22:00:00.000000000Z stdout ${i === all.length - 1 ? 'F' : 'P'} ${piece}`)
    .join('\n2026-11-23T22:00:00.000000000Z stderr F 10.0.0.1 - - "GET /{"a" HTTP/1.1" 200\n');

describe('a log that a collector wrapped', () => {
  it.each([
    ['Docker’s json-file', lines((line) => docker(line, 16_384))],
    ['Docker’s json-file, lines cut into pieces', lines((line) => docker(line, 700))],
    ['syslog', lines((line) => `Nov 23 22:00:00 kong-1 kong[123]: ${line}`)],
    ['syslog of RFC 5424', lines((line) => `<14>1 2026-11-23T22:00:00Z kong kong 12 - [origin ip="10.0.0.1"] ${line}`)],
    ['an error log of nginx', lines((line) => `2026/11/23 22:00:00 [notice] 7#0: *1 [kong] ${line}, client: 10.0.0.1`)],
    ['Elasticsearch, documents', lines((_, entry) => ({ _index: 'kong', _id: '1', _source: entry }))],
    ['Elasticsearch, for its bulk API', lines((line) => `{"create":{"_index":"kong","_id":"1"}}\n${line}`)],
    ['the same, without a name', lines((line) => `{"index": {}}\n${line}`)],
    ['Elasticsearch, an answer', JSON.stringify({ took: 1, hits: { hits: ENTRIES.map((e) => ({ _source: e })) } })],
    ['the same, indented', JSON.stringify({ took: 1, hits: { hits: ENTRIES.map((e) => ({ _source: e })) } }, null, 2)],
    [
      'Logstash, Filebeat, Fluent Bit',
      lines((line) => ({ '@timestamp': 'x', message: line, host: { name: 'kong-1' } })),
    ],
    ['Cloud Logging', lines((_, entry) => ({ insertId: '1', jsonPayload: entry, resource: { type: 'k8s' } }))],
    ['CloudWatch', JSON.stringify({ events: LINES.map((message) => ({ timestamp: 1, message, logStreamName: 'a' })) })],
    [
      'Loki',
      JSON.stringify({ data: { result: [{ stream: { app: 'kong' }, values: LINES.map((line) => ['1', line]) }] } }),
    ],
    [
      'OpenTelemetry',
      JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: LINES.map((stringValue) => ({ body: { stringValue } })) }] }],
      }),
    ],
    ['Splunk', lines((line) => ({ preview: false, result: { _raw: line } }))],
    ['UTF-16, as PowerShell writes', Buffer.from(`\ufeff${LINES.join('\r\n')}`, 'utf16le')],
  ])('is read as if it were not: %s', async (_, content) => {
    const plain = await read(LINES.join('\n'));
    expect(plain).toMatchObject({ refused: 0, ids: { length: LINES.length } });
    const withId = (ids: readonly string[]) => ids.filter((id) => LINES.some((line) => line.includes(id)));
    for (const chunkBytes of [65_536, 1_000]) {
      const wrapped = await read(content, chunkBytes);
      expect([wrapped.refused, wrapped.ids.length]).toEqual([0, LINES.length]);
      expect(withId(wrapped.ids)).toEqual(withId(plain.ids));
    }
  });

  it('of Kubernetes gives whole entries though lines of another stream lie between their pieces', async () => {
    const sum = await read(lines((line) => kubernetes(line, 500)));
    expect(sum.ids).toHaveLength(LINES.length);
  });

  it('may change its form on the way: every entry is read, what is none is counted', async () => {
    const [a = '', b = '', c = ''] = LINES;
    const sum = await read(
      [a, docker(b, 9_999), 'kong started', c, `{"log":"{\\"cut\\": ","stream":"stdout"}`].join('\n'),
    );
    expect([sum.ids.length, sum.refused]).toEqual([3, 2]);
  });

  it.each([
    ['in a header of an entry without a time', JSON.stringify({ request: { headers: { 'user-agent': LINES[0] } } })],
    ['in a URL of an access log', `10.0.0.1 - - [23/Nov/2026] "GET /?q=${LINES[0]} HTTP/1.1" 200`],
    ['nested deeper than any collector nests', `${'{"a":'.repeat(50)}${LINES[0]}${'}'.repeat(50)}`],
  ])('has no entry that somebody hid %s', async (_, line) => {
    expect(await read(line)).toEqual({ ids: [], refused: 1 });
  });

  it('costs one refusal where an entry is larger than any that Kong writes', async () => {
    const huge = JSON.stringify(anEntry((e) => void (e['padding'] = 'x'.repeat(1_100_000))));
    expect(await read(`${huge}\n${LINES[0]}\n`)).toMatchObject({ ids: { length: 1 }, refused: 1 });
  });

  it.each([
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0], 'zstd -dc'],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0], 'xz -dc'],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0, 0, 0, 0], 'bzip2 -dc'],
    ['zip', [0x50, 0x4b, 3, 4, 0, 0, 0, 0], 'unzip -p'],
  ])('that %s packed is refused with what to do', async (_, bytes, tool) => {
    const reading = read(Buffer.from(bytes));
    await expect(reading).rejects.toThrow(CallerError);
    await expect(reading).rejects.toThrow(tool);
  });
});
