import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import type { Services } from '@outrider/services/start-services';
import { deploymentOf } from './deployment.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { StoredTruth } from './stored.ts';

export interface InstallationOptions {
  /** Lower-case letters and digits; names its topics and databases. */
  readonly name: string;
  /** Number of its database in Redis, 0 … 15. */
  readonly number: number;
  readonly counts: FleetOptions['counts'];
  readonly settings?: Readonly<Record<string, string>>;
  readonly of?: FleetOptions['of'];
  /** Ms until Kong applies a change; 0 by default. */
  readonly propagationMs?: number;
  /** Further gateways (GATEWAYS_FILE), beside the default one. */
  readonly gateways?: readonly Readonly<Record<string, unknown>>[];
}

/** A fleet on shared engines with a Kong of its own: what is tested, broken and measured. */
export interface Installation {
  readonly fleet: Fleet;
  readonly sim: KongSim;
  readonly truth: StoredTruth;
  /** Ends all of it, in order; the engines run on. */
  remove(): Promise<void>;
}

/** Prepared, not started: `fleet.start()` does. */
export const install = async (services: Services, options: InstallationOptions): Promise<Installation> => {
  const environment = await deploymentOf(services, options.name, options.number);
  const sim = await startKongSim({ propagationMs: options.propagationMs ?? 0 });
  const fleet = new Fleet({
    counts: {},
    settings: {
      ...environment,
      KONG_ADMIN_URL: sim.adminUrl,
      KONG_PROPAGATION_MS: String((options.propagationMs ?? 0) + 200),
      ...options.settings,
    },
    ...(options.of ? { of: options.of } : {}),
  });
  const file = join(fleet.dir, 'gateways.json');
  writeFileSync(file, JSON.stringify(options.gateways ?? []));
  for (const [kind, count = 0] of Object.entries(options.counts) as [keyof FleetOptions['counts'], number][])
    for (let i = 0; i < count; i++) fleet.add(kind, options.gateways ? { GATEWAYS_FILE: file } : {});
  return {
    fleet,
    sim,
    truth: new StoredTruth(environment['CLICKHOUSE_URL'] ?? '', environment['DATABASE_URL'] ?? ''),
    remove: async () => {
      await fleet.remove();
      await sim.stop();
    },
  };
};
