import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { HealthCheck } from '@outrider/serve/serve-options';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { AddressFacts } from '@outrider/ports/address-facts';
import type { ConsumableBus } from '@outrider/ports/event-bus';
import type { Engines } from '../engines.module.ts';

/** Above this the bus refuses soon. */
const PRESSED = 0.9;

export interface HealthSources {
  readonly engines: Omit<Engines, 'bus'>;
  readonly bus: ConsumableBus;
  readonly gateways: readonly GatewaySettings[];
  /** False: without a bus the process still does the most of its job (the api: only the live stream pauses). */
  readonly needsBus: boolean;
}

/** What must work for this process to be ready, and what is shown beside it. */
export const healthChecks = ({ engines, bus, gateways, needsBus }: HealthSources): HealthCheck[] => {
  const { events, postgres, jobs, addressFacts } = engines;
  return [
    { ...works('event-bus', () => bus.ping()), required: needsBus },
    {
      name: 'event-bus-pressure',
      required: false, // a backlog is worth a look; taking the process out of service would only make it longer
      check: () => {
        const pressure = bus.pressure(EVENTS_TOPIC.name);
        return Promise.resolve({
          ok: pressure < PRESSED,
          detail: `${Math.round(pressure * 100)} % of its bound is waiting`,
        });
      },
    },
    ...(events ? [works('event-store', () => events.ping())] : []),
    ...(postgres ? [works('control-store', () => postgres.stores.ping())] : []),
    ...(jobs ? [works('jobs', () => jobs.counts())] : []),
    ...(addressFacts?.status().sources.length ? [addressSources(addressFacts)] : []),
    ...gateways.flatMap((gateway) => kong(engines, gateway)),
  ];
};

/** The first that fails, by name and reason; else what is in use. Traffic is judged without them, so none is required. */
const addressSources = (facts: AddressFacts): HealthCheck => ({
  name: 'address-facts',
  required: false,
  check: () => {
    const { sources } = facts.status();
    const failing = sources.filter((source) => source.error !== undefined);
    const entries = sources.reduce((sum, source) => sum + source.entries, 0);
    const [first] = failing;
    const inUse = `${sources.length - failing.length} of ${sources.length} sources in order, ${entries} entries`;
    return Promise.resolve({ ok: !first, detail: first ? `${inUse}; ${first.name}: ${first.error}` : inUse });
  },
});

/** Messages wait on the bus meanwhile: worth a look, no reason to take the process out of service. */
export const detectionMemory = (relearning: () => number): HealthCheck => ({
  name: 'detection-memory',
  required: false,
  check: () => {
    const partitions = relearning();
    const detail = partitions === 0 ? 'known' : `${partitions} partitions are being learned again from the event store`;
    return Promise.resolve({ ok: partitions === 0, detail });
  },
});

const works = (name: string, probe: () => Promise<unknown>): HealthCheck => ({
  name,
  check: async () => {
    await probe();
    return { ok: true };
  },
});

const kong = ({ gateways }: Pick<Engines, 'gateways'>, { tenant, id }: GatewaySettings): HealthCheck[] => {
  const admin = gateways?.admin(tenant, id);
  if (!admin) return [];
  return [
    {
      name: `kong:${id}`,
      required: false, // Kong may be away for a while: enforcements wait and are tried again
      check: async () => {
        const info = await admin.info();
        return { ok: info.writable, detail: info.writable ? `Kong ${info.version}` : 'its Admin API refuses writes' };
      },
    },
  ];
};
