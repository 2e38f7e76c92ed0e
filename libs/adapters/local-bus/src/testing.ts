import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { LocalBus, type LocalBusDeps } from './local-bus.ts';
import type { LocalBusSettings } from './settings.ts';

export const aLocalBusDeps = (): LocalBusDeps => ({
  log: createLogger({ level: 'silent', name: 'spec', pretty: false }),
  metrics: new Metrics(),
  clock: systemClock,
});

/** A started bus in its folder; the commit interval is short. */
export const aLocalBus = async (
  dir: string,
  settings: Partial<LocalBusSettings> = {},
  deps = aLocalBusDeps(),
): Promise<LocalBus> => {
  const bus = new LocalBus({ commitIntervalMs: 5, ...settings, dir }, deps);
  await bus.start();
  return bus;
};

/** A folder of a test's own under the system's temporary one. */
export const temporaryFolder = async (): Promise<{ readonly dir: string; remove(): Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), 'outrider-bus-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
};
