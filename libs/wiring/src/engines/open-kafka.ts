import { systemClock } from '@outrider/ports/clock';
import type { ConsumableBus } from '@outrider/ports/event-bus';
import type { Ground } from './ground.ts';
import { kafkaOptions } from './kafka-options.ts';
import type { BusSettings } from './open-bus.ts';

/** Kafka, with our topics made. Its driver is loaded only here: who has no Kafka does not pay for it. */
export const openKafka = async (
  brokers: readonly string[],
  settings: BusSettings,
  ground: Ground,
): Promise<ConsumableBus> => {
  const { KafkaBus } = await import('@outrider/kafka/kafka-bus');
  const { log, metrics } = ground;
  const options = { ...kafkaOptions(brokers, settings), startTimeoutMs: 0 }; // one try: `StartUp` says that it waits, and tries again
  return ground.startUp.engine({ name: 'Kafka', setting: 'BUS_URL', at: brokers.join(', ') }, async () => {
    const bus = new KafkaBus(options, { log, metrics, clock: systemClock });
    try {
      await bus.start();
      return bus;
    } catch (error) {
      await bus.stop();
      throw error;
    }
  });
};
