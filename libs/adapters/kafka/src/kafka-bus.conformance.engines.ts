import { afterAll, beforeAll } from '@jest/globals';
import { startKafka, type KafkaService } from '@outrider/services/start-kafka';
import { eventBusConformance } from '@outrider/testing/conformance/event-bus.conformance';
import { aKafkaBus, aPrefix, aTopic, quick } from './testing/kafka.ts';

let kafka: KafkaService;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

eventBusConformance('Kafka', async () => {
  const settings = {
    ...quick(kafka.broker, aPrefix()),
    catalogue: [aTopic('conformance.v1')],
    watched: {},
  };
  return {
    open: async () => {
      const bus = await aKafkaBus(settings);
      return {
        bus,
        consume: (topic, group, handler) => bus.consume({ topic, group, stopTimeoutMs: 100 }, handler),
        close: () => bus.stop(),
      };
    },
    dispose: async () => undefined,
  };
});
