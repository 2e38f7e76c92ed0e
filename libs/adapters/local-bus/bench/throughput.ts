import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { aLocalBus, temporaryFolder } from '../src/testing.ts';

// Publish and consume, beside the disk alone. From the repository's root:
// node --conditions=@outrider/source --import ./libs/testing/ts-loader.mjs libs/adapters/local-bus/bench/throughput.ts
const KIB = 1024;
const TOPIC = 'bench.v1';
const report = (what: string, messages: number, bytes: number, ms: number): void => {
  const rate = Math.round(messages / (ms / 1_000));
  process.stdout.write(
    `${what.padEnd(46)} ${String(rate).padStart(8)} messages/s  ${(bytes / 1e6 / (ms / 1_000)).toFixed(0).padStart(6)} MB/s\n`,
  );
};

/** The same bytes in the same group sizes by write and fdatasync alone. */
const raw = async (dir: string, size: number, count: number, atATime: number): Promise<void> => {
  const path = join(dir, 'raw');
  const file = await open(path, 'w');
  const group = Buffer.alloc(size * atATime, 1);
  const began = performance.now();
  for (let written = 0; written < count; written += atATime) {
    await file.write(group);
    await file.datasync();
  }
  report(`disk alone, ${size / KIB} KiB x ${atATime} a sync`, count, count * size, performance.now() - began);
  await file.close();
  await rm(path);
};

const bus = async (
  dir: string,
  size: number,
  count: number,
  atATime: number,
  fsync: 'always' | 'interval',
): Promise<void> => {
  const folder = join(dir, `${size}-${fsync}`);
  const log = await aLocalBus(folder, { fsync, topics: { [TOPIC]: { groups: ['g'] } } });
  const value = Buffer.alloc(size, 1);
  const label = `${size / KIB} KiB x ${atATime} publishers, fsync ${fsync}`;
  const publishAll = async (): Promise<void> => {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await log.publish(TOPIC, [{ key: String(left), value, headers: {} }]);
    };
    await Promise.all(Array.from({ length: atATime }, lane));
  };
  let began = performance.now();
  await publishAll();
  report(`publish, ${label}`, count, count * size, performance.now() - began);
  let seen = 0;
  let reached: () => void = () => undefined;
  const until = (total: number): Promise<void> =>
    new Promise((resolve) => (reached = () => void (seen >= total && resolve())));
  const replayed = until(count);
  began = performance.now();
  await log.consume({ topic: TOPIC, group: 'g' }, async () => {
    seen += 1;
    reached();
  });
  await replayed;
  report(`read a backlog, ${label}`, count, count * size, performance.now() - began);
  const live = until(2 * count);
  began = performance.now();
  await publishAll();
  await live;
  report(`publish and consume, ${label}`, count, count * size, performance.now() - began);
  await log.stop();
  await rm(folder, { recursive: true, force: true });
};

const { dir, remove } = await temporaryFolder();
await raw(dir, 512 * KIB, 400, 1);
await raw(dir, 512 * KIB, 400, 8);
await raw(dir, KIB, 20_000, 64);
for (const fsync of ['always', 'interval'] as const) {
  await bus(dir, 512 * KIB, 400, 8, fsync);
  await bus(dir, KIB, 20_000, 64, fsync);
}
await remove();
