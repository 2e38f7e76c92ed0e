import { join } from 'node:path';
import { CallerError } from '@outrider/platform/errors';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { UNKNOWN_ADDRESS, type AddressFacts } from '@outrider/ports/address-facts';
import { systemClock } from '@outrider/ports/clock';
import type { EnrichmentSettings } from '../settings/enrichment-settings.ts';
import type { Ground } from './ground.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The facts of a process that runs: sources are watched and fetched until it stops; what cannot be read is told, and does not stop the start. */
export const watchAddressFacts = async (
  settings: EnrichmentSettings,
  ground: Pick<Ground, 'dataDir' | 'log' | 'metrics' | 'lifecycle'>,
): Promise<AddressFacts> => {
  if (isEmpty(settings)) return UNKNOWN_ADDRESS;
  const { dataDir, log, metrics, lifecycle } = ground;
  const { FileAddressFacts, HttpOutbound } = await load();
  const facts = await FileAddressFacts.open(
    { ...optionsOf(settings), keepIn: join(dataDir, 'threat-lists') },
    { log, metrics, clock: systemClock, downloads: new HttpOutbound(metrics) },
  );
  lifecycle.adopt({ name: 'address facts', stop: () => facts.stop() });
  facts.start();
  return facts;
};

/**
 * The facts of a command that reads old logs: every source is read once, addresses of lists are fetched once, ends of entries do not count (they
 * are of another time than the log). CallerError names the source that cannot be read.
 */
export const openAddressFacts = async (
  settings: Partial<EnrichmentSettings> & Pick<EnrichmentSettings, 'GEOIP_FILES' | 'THREAT_LISTS'>,
): Promise<AddressFacts> => {
  if (isEmpty(settings)) return UNKNOWN_ADDRESS;
  const { FileAddressFacts, HttpOutbound } = await load();
  const metrics = new Metrics();
  const facts = await FileAddressFacts.open(
    { ...optionsOf(settings), entriesEnd: false },
    {
      log: createLogger({ name: 'address-facts', level: 'silent', pretty: false }),
      metrics,
      clock: systemClock,
      downloads: new HttpOutbound(metrics),
    },
  );
  await facts.refresh();
  const failed = facts.status().sources.find((source) => source.error !== undefined);
  if (failed) throw new CallerError(`${failed.name} cannot be read: ${failed.error}`, 'bad-address-source');
  return facts;
};

const isEmpty = (settings: Pick<EnrichmentSettings, 'GEOIP_FILES' | 'THREAT_LISTS'>): boolean =>
  settings.GEOIP_FILES.length === 0 && settings.THREAT_LISTS.length === 0;

/** Loaded only where something is configured. */
const load = async () => {
  const [{ FileAddressFacts }, { HttpOutbound }] = await Promise.all([
    import('@outrider/address-facts/file-address-facts'),
    import('@outrider/outbound/http-outbound'),
  ]);
  return { FileAddressFacts, HttpOutbound };
};

const optionsOf = (
  settings: Partial<EnrichmentSettings> & Pick<EnrichmentSettings, 'GEOIP_FILES' | 'THREAT_LISTS'>,
) => ({
  geoipFiles: settings.GEOIP_FILES,
  threatLists: settings.THREAT_LISTS,
  threatListMaxAgeMs: (settings.THREAT_LIST_MAX_AGE_HOURS ?? 72) * HOUR_MS,
  threatListRefreshMs: (settings.THREAT_LIST_REFRESH_MINUTES ?? 60) * MINUTE_MS,
  allowPrivateAddresses: settings.THREAT_LISTS_ALLOW_PRIVATE ?? false,
});
