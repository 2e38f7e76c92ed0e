import { KongGateways } from '@outrider/kong/kong-gateways';
import type { ConsumableBus } from '@outrider/ports/event-bus';
import type { OutboundHttp } from '@outrider/ports/outbound-http';
import type { Composition } from './composition.ts';
import type { Ground } from './engines/ground.ts';
import { openBus } from './engines/open-bus.ts';
import type { Engines } from './engines.module.ts';
import { KEY_BYTES } from './stage-options.ts';

export interface OpenedEngines {
  readonly engines: Engines;
  /** The same without traces: for probes, which would fill them with themselves. */
  readonly untraced: Engines;
  readonly bus: ConsumableBus;
  readonly madeAdminToken: string | undefined;
}

/**
 * Each driver is loaded only where it is used: a collector is up in half the time and carries neither Prisma nor BullMQ.
 * Opens what the composition asks for, each engine by its address; what opened is stopped by the lifecycle when another fails.
 */
export const openEngines = async (composition: Composition, ground: Ground): Promise<OpenedEngines> => {
  const { clickhouse, postgres, jobs, serve, collect } = composition;
  // PostgreSQL is a process of its own: it starts while ClickHouse's library is loaded into ours.
  const [bus, opened, stores, addressFacts] = await settled([
    openBus(composition.bus, ground),
    clickhouse
      ? import('./engines/open-event-store.ts').then(({ openEventStore }) => openEventStore(clickhouse, ground))
      : undefined,
    postgres
      ? import('./engines/open-control-store.ts').then(({ openControlStore }) =>
          openControlStore(postgres, sealingKey(composition), ground),
        )
      : undefined,
    collect
      ? import('./engines/open-address-facts.ts').then(({ watchAddressFacts }) => watchAddressFacts(collect, ground))
      : undefined,
  ]);
  const queue =
    jobs && stores ? await (await import('./engines/open-jobs.ts')).openJobs(jobs, stores.url, ground) : undefined;
  const madeAdminToken =
    serve && stores ? await stores.stores.tokens.ensureAdmin('default', serve.API_ADMIN_TOKEN) : undefined;
  const gateways = new KongGateways(composition.gateways);
  ground.lifecycle.adopt({ name: 'gateways', stop: () => gateways.close() });
  const plain = {
    bus,
    gateways,
    ...(opened ? { events: opened.store, baselines: opened.baselines } : {}),
    ...(stores ? { postgres: stores } : {}),
    ...(queue ? { jobs: queue } : {}),
    ...(addressFacts ? { addressFacts } : {}),
    ...(composition.respond ? { outbound: await outbound(ground) } : {}),
  };
  const engines = composition.process.OTEL_TRACES
    ? (await import('./tracing/traced-engines.ts')).tracedEngines(plain, ground.tracer)
    : plain;
  return { engines, untraced: plain, bus: engines.bus, madeAdminToken };
};

const outbound = async (ground: Ground): Promise<OutboundHttp> => {
  const { HttpOutbound } = await import('@outrider/outbound/http-outbound');
  return new HttpOutbound(ground.metrics);
};

const sealingKey = ({ keys, secrets }: Composition): Buffer | undefined =>
  secrets && Buffer.from(keys.keep('secrets.key', secrets.SECRETS_KEY, KEY_BYTES, 'hex').value, 'hex');

/** Waits for all of them, so that what opened is stopped when another failed. */
const settled = async <T extends readonly unknown[]>(
  opening: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  const outcomes = await Promise.allSettled(opening);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return (await Promise.all(opening)) as { -readonly [K in keyof T]: Awaited<T[K]> }; // all are fulfilled
};
