import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from '@outrider/fleet/load';
import { readStored, settle } from '../reckoning.ts';

const DISK_MB = 64;
const FULL_MS = 20_000;
const CHUNK = Buffer.alloc(256 * 1024);

export interface DiskOutcome {
  readonly lines: readonly string[];
  readonly acknowledged: number;
  readonly missing: number;
  readonly doubled: number;
  /** False: no tmpfs can be mounted here, nothing was tried. */
  readonly ran: boolean;
}

/** The embedded bus on a small disk of its own that something else fills while entries come. Needs the right to mount a tmpfs. */
export const diskFull = async (eventsPerSecond: number): Promise<DiskOutcome> => {
  const disk = mkdtempSync(join(tmpdir(), 'outrider-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk]).status === 0;
  if (!mounted) {
    rmSync(disk, { recursive: true, force: true });
    return { lines: ['not run: a tmpfs could not be mounted'], acknowledged: 0, missing: 0, doubled: 0, ran: false };
  }
  const outrider = await OutriderProcess.prepare({ BUS_URL: pathToFileURL(join(disk, 'bus')).href });
  try {
    await chmod(disk, 0o711);
    await outrider.start();
    const { httpPort, tcpPort, ingestToken } = outrider;
    const load = new Load({ targets: () => [{ httpPort, tcpPort }], token: ingestToken, eventsPerSecond });
    load.start();
    await pause(5_000);
    const before = load.acknowledged.size;
    const filler = join(disk, 'filler');
    await fill(filler, FULL_MS);
    const during = load.acknowledged.size - before;
    await rm(filler);
    await pause(8_000);
    const after = load.acknowledged.size - before - during;
    await load.stop();
    await settle(outrider);
    await outrider.stop();
    const stored = await readStored(outrider.dataDir);
    const missing = [...load.acknowledged].filter((id) => !stored.rows.has(id)).length;
    const doubled = [...stored.rows.values()].filter((count) => count > 1).length;
    return {
      lines: [
        `A tmpfs of ${DISK_MB} MB that a foreign file keeps full for ${FULL_MS / 1_000} s while ${eventsPerSecond} events/s come: ${before} entries were acknowledged before, ${during} meanwhile (the rest was answered 503 and repeated), ${after} in the 8 s after.`,
        `Of ${load.acknowledged.size} acknowledged entries ${missing} are missing and ${doubled} stored twice.`,
      ],
      acknowledged: load.acknowledged.size,
      missing,
      doubled,
      ran: true,
    };
  } finally {
    await outrider.remove();
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
};

/** Writes until there is no room, again and again as room appears. */
const fill = async (file: string, forMs: number): Promise<void> => {
  const handle = await open(file, 'w');
  try {
    for (const until = Date.now() + forMs; Date.now() < until;) await handle.write(CHUNK).catch(() => pause(100));
  } finally {
    await handle.close();
  }
};
