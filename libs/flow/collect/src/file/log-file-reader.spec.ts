import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CallerError } from '@outrider/platform/errors';
import { systemClock } from '@outrider/ports/clock';
import { aContext, anEntry, aReader, fixture } from '../testing/log-entry.ts';
import { readLogFile, readLogStream, type FileChunk } from './log-file-reader.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'outrider-file-'))));
afterAll(() => rm(folder, { recursive: true }));

const parts = () => ({ reader: aReader(), from: aContext(), clock: systemClock });

const total = async (chunks: AsyncIterable<FileChunk>) => {
  const sum = { events: 0, refused: 0, letters: 0, readBytes: 0, mostEvents: 0 };
  for await (const chunk of chunks) {
    sum.events += chunk.events.length;
    sum.refused += chunk.refused;
    sum.letters += chunk.deadLetters.length;
    sum.readBytes = chunk.readBytes;
    sum.mostEvents = Math.max(sum.mostEvents, chunk.events.length);
  }
  return sum;
};

const aFile = async (name: string, content: string | Buffer): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

const entry = JSON.stringify(anEntry());

describe('readLogFile', () => {
  it.each([
    ['tcp-log lines', entry + '\n' + entry + '\n', 2],
    ['lines without a last LF', entry + '\n' + entry, 2],
    ['http-log batches, one a line', `[${entry},${entry}]\n[${entry}]\n`, 3],
    ['one object', entry, 1],
    ['one indented object', JSON.stringify(anEntry(), null, 2), 1],
    ['one array of everything', `[\n${entry},\n${entry}\n]`, 2],
    ['gzip', gzipSync(`${entry}\n${entry}`), 2],
    ['nothing', '', 0],
  ])('reads %s', async (name, content, events) => {
    const path = await aFile(name.replaceAll(' ', '-'), content);
    expect(await total(readLogFile(path, parts()))).toMatchObject({
      events,
      refused: 0,
      readBytes: Buffer.byteLength(content),
    });
  });

  it('reads the recorded files as they are', async () => {
    for (const name of ['kong-3.9.3-tcp-log.ndjson', 'kong-3.4.2-serializer.ndjson', 'kong-2.8.5-serializer.ndjson'])
      expect(await total(readLogFile(await aFile(name, fixture(name)), parts()))).toMatchObject({ refused: 0 });
  });

  it('goes on after bad entries, counts all of them and keeps some', async () => {
    const path = await aFile('bad', `${entry}\nnonsense\n${'{}\n'.repeat(5_000)}${entry}\n`);
    const sum = await total(readLogFile(path, parts()));
    expect(sum).toMatchObject({ events: 2, refused: 5_001 });
    expect(sum.letters).toBeLessThanOrEqual(200);
  });

  it('an entry that is years old is read from a file', async () => {
    const old = JSON.stringify(anEntry((e) => void (e['started_at'] = Date.UTC(2012, 0))));
    expect(await total(readLogFile(await aFile('old', old), parts()))).toMatchObject({ events: 1 });
  });

  it('holds one chunk at a time, of a stream of any length, gzipped or one array or lines', async () => {
    const piece = Buffer.from(`${entry},`.repeat(200));
    const pieces = function* (): Generator<Buffer> {
      yield Buffer.from('[');
      for (let i = 0; i < 100; i++) yield piece;
      yield Buffer.from(`${entry}]`);
    };
    const sum = await total(readLogStream(Readable.from(pieces()), parts()));
    expect(sum).toMatchObject({ events: 20_001, refused: 0 });
    expect(sum.mostEvents).toBeLessThanOrEqual(201);
    const zipped = await aFile('big.gz', gzipSync(Buffer.from(`${entry}\n`.repeat(20_000))));
    const unzipped = await total(readLogFile(zipped, parts()));
    expect(unzipped).toMatchObject({ events: 20_000, refused: 0 });
    expect(unzipped.mostEvents).toBeLessThan(2_000);
  });

  it('says clearly what cannot be read', async () => {
    const damaged = await aFile('damaged.gz', gzipSync(`${entry}\n`.repeat(100)).subarray(0, 200));
    for (const [path, message] of [
      [join(folder, 'absent'), /absent cannot be read \(ENOENT\)/],
      [folder, /is a folder/],
      [damaged, /damaged.gz cannot be read \(Z_/],
    ] as const) {
      await expect(total(readLogFile(path, parts()))).rejects.toThrow(message);
      await expect(total(readLogFile(path, parts()))).rejects.toBeInstanceOf(CallerError);
    }
  });
});
