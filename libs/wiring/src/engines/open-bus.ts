import { join } from 'node:path';
import type * as z from 'zod';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { LocalBus } from '@outrider/local-bus/local-bus';
import { systemClock } from '@outrider/ports/clock';
import type { ConsumableBus } from '@outrider/ports/event-bus';
import { busAddress } from '../settings/bus-address.ts';
import type { busSettings } from '../settings/engine-settings.ts';
import type { Ground } from './ground.ts';
import { openKafka } from './open-kafka.ts';

export type BusSettings = z.output<z.ZodObject<typeof busSettings>>;

/** The bus that `BUS_URL` names, ready to publish and to consume. */
export const openBus = async (settings: BusSettings, ground: Ground): Promise<ConsumableBus> => {
  const address = busAddress(settings.BUS_URL);
  const bus =
    address.kind === 'kafka'
      ? await openKafka(address.brokers, settings, ground)
      : await openLocal(address.dir ?? join(ground.dataDir, 'bus'), settings, ground);
  ground.lifecycle.adopt({ name: 'event bus', stop: () => bus.stop() });
  return bus;
};

/** The durable log on local disk; locked, recovered and known to its durable groups before anything is published. */
const openLocal = async (dir: string, settings: BusSettings, ground: Ground): Promise<LocalBus> => {
  const { LocalBus } = await import('@outrider/local-bus/local-bus');
  const maxBytes = settings.BUS_MAX_BYTES;
  const bus = new LocalBus(
    {
      dir,
      fsync: settings.BUS_FSYNC ? 'always' : 'interval',
      topics: {
        [EVENTS_TOPIC.name]: { maxBytes, groups: ['analyzer'] },
        [DEAD_LETTERS_TOPIC.name]: { maxBytes, groups: ['analyzer'] },
        [CHANGES_TOPIC.name]: { maxBytes, groups: ['responder'] },
      },
    },
    { log: ground.log, metrics: ground.metrics, clock: systemClock },
  );
  await bus.start();
  return bus;
};
