import type * as z from 'zod';
import type { CollectAddresses } from '@outrider/collect/collect.service';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { BusSettings } from './engines/open-bus.ts';
import type { JobSettings } from './engines/open-jobs.ts';
import type { PostgresSettings } from './engines/open-control-store.ts';
import type { ClickHouseSettings } from './engines/open-event-store.ts';
import type { KeyFolder } from './key-folder.ts';
import type { RunningProcess } from './run-process.ts';
import type { detectSettings } from './settings/detect-settings.ts';
import type { extraHealthSettings, listenSettings, processSettings } from './settings/process-settings.ts';
import type { respondSettings } from './settings/respond-settings.ts';
import type { controlRetentionSettings, secretsSettings, serveSettings } from './settings/serve-settings.ts';
import type { CollectEnvironment } from './stage-options.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;

/** What a process is made of: its stages, each with the settings that it needs. */
export interface Composition {
  readonly name: string;
  readonly process: Of<typeof processSettings> & Of<typeof listenSettings> & Of<typeof extraHealthSettings>;
  readonly keys: KeyFolder;
  readonly gateways: readonly GatewaySettings[];
  readonly bus: BusSettings;
  readonly clickhouse?: ClickHouseSettings;
  readonly postgres?: PostgresSettings;
  /** Of a process that writes or sends webhooks; it needs PostgreSQL. */
  readonly secrets?: Of<typeof secretsSettings>;
  readonly jobs?: JobSettings;
  readonly collect?: CollectEnvironment;
  readonly detect?: Of<typeof detectSettings>;
  readonly respond?: Of<typeof controlRetentionSettings> & Of<typeof respondSettings>;
  readonly serve?: Of<typeof serveSettings> & Of<typeof listenSettings>;
}

export interface ComposedProcess extends RunningProcess {
  /** Where it listens; what is off is absent. */
  readonly addresses: CollectAddresses & { readonly api?: number; readonly health?: number };
  /** An admin token that was made by this start: to be shown once. */
  readonly madeAdminToken: string | undefined;
}
