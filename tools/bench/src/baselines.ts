import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CorpusFile } from './corpus-file.ts';

export const SENDER = fileURLToPath(new URL('./sender.js', import.meta.url));

/** Of the corpus, for JSON.parse alone. */
const PARSED_BYTES = 100 * 1024 ** 2;

const perSecond = (count: number, began: number): number => Math.round(count / ((performance.now() - began) / 1000));

/** JSON.parse of the same lines, one core, nothing else; entries a second. */
export const parseAlone = (corpus: CorpusFile): number => {
  // A file of half a gigabyte is no string any more; its beginning is enough.
  const lines = readFileSync(corpus.path).toString('utf8', 0, PARSED_BYTES).split('\n').slice(0, -1);
  const began = performance.now();
  for (const line of lines) JSON.parse(line);
  return perSecond(lines.length, began);
};

/** The same bytes from the same sender into a socket that only counts newlines; entries a second. */
export const socketAlone = async (corpus: CorpusFile): Promise<number> => {
  let lines = 0;
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const began = performance.now();
  const sender = spawn(process.execPath, [SENDER, String((server.address() as AddressInfo).port), corpus.path], {
    stdio: 'inherit',
  });
  await once(sender, 'exit');
  const rate = perSecond(lines, began);
  server.close();
  return rate;
};

/** Writes of 512 KiB, each followed by fdatasync; MB a second. */
export const diskAlone = (path: string): number => {
  const block = Buffer.alloc(512 * 1024, 120);
  const file = openSync(path, 'w');
  const began = performance.now();
  let written = 0;
  while (performance.now() - began < 2_000) {
    written += writeSync(file, block);
    fdatasyncSync(file);
  }
  const rate = Math.round(written / 1e6 / ((performance.now() - began) / 1000));
  closeSync(file);
  rmSync(path);
  return rate;
};
