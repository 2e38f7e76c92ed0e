import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CollectService } from '@outrider/collect/collect.service';
import { EntryReader } from '@outrider/collect/entry/entry-reader';
import { GatewayContext } from '@outrider/collect/entry/gateway-context';
import { SecretNames } from '@outrider/collect/entry/secret-names';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { LocalBus } from '@outrider/local-bus/local-bus';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { SENDER } from './baselines.ts';
import type { CorpusFile } from './corpus-file.ts';

const gateway = GatewaySettings.parse({ id: 'default' });

/** Bytes of entries to rows ready for the bus, one core, code compiled already; entries a second. */
export const readerAlone = (corpus: CorpusFile): number => {
  const bytes = readFileSync(corpus.path).subarray(0, 100 * 1024 ** 2);
  const reader = new EntryReader({ fingerprintKey: randomBytes(32) });
  const from = new GatewayContext(gateway, new SecretNames());
  readAll(bytes.subarray(0, 20 * 1024 ** 2), reader, from);
  const began = performance.now();
  const count = readAll(bytes, reader, from);
  return Math.round(count / ((performance.now() - began) / 1000));
};

/** How many whole lines there were. */
const readAll = (bytes: Buffer, reader: EntryReader, from: GatewayContext): number => {
  const now = Date.now();
  let count = 0;
  let written = 0;
  for (let start = 0; ;) {
    const end = bytes.indexOf(10, start);
    if (end === -1) break;
    const outcome = reader.read(bytes, start, end, from, now, 'tcp');
    if (outcome.kind === 'pass') written += encodeEvent(outcome.event).length;
    count++;
    start = end + 1;
  }
  if (written === 0) throw new Error('nothing was read');
  return count;
};

export interface CollectAlone {
  readonly entriesPerSecond: number;
  /** CPU time of this process an entry; microseconds. */
  readonly cpuMicros: number;
}

/** The collect stage as it runs: TCP in, durable bus out (fdatasync on). */
export const collectAlone = async (corpus: CorpusFile, dir: string): Promise<CollectAlone> => {
  const log = createLogger({ name: 'bench', level: 'error', pretty: false });
  const metrics = new Metrics();
  const bus = new LocalBus({ dir: join(dir, 'collect-bus') }, { log, metrics, clock: systemClock });
  await bus.start();
  const service = new CollectService(
    { gateways: [gateway], fingerprintKey: randomBytes(32), tcpPort: 0 },
    { bus, clock: systemClock, log, metrics },
  );
  await service.listen();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const sender = spawn(process.execPath, [SENDER, String(service.addresses.tcp), corpus.path], { stdio: 'inherit' });
  await once(sender, 'exit');
  await service.stopListening();
  await service.flush();
  const entriesPerSecond = Math.round(corpus.entries / ((performance.now() - began) / 1000));
  const cpu = process.cpuUsage(cpuBefore);
  const read = service.status().reduce((sum, source) => sum + source.entries, 0);
  await bus.stop();
  if (read !== corpus.entries) throw new Error(`${read} of ${corpus.entries} entries were collected`);
  return { entriesPerSecond, cpuMicros: Math.round(((cpu.user + cpu.system) / corpus.entries) * 10) / 10 };
};
