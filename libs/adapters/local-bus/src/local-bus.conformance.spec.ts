import { eventBusConformance } from '@outrider/testing/conformance/event-bus.conformance';
import { aLocalBus, temporaryFolder } from './testing.ts';

eventBusConformance('The log on local disk', async () => {
  const folder = await temporaryFolder();
  return {
    open: async () => {
      const bus = await aLocalBus(folder.dir);
      return {
        bus,
        consume: (topic, group, handler) => bus.consume({ topic, group, stopTimeoutMs: 100 }, handler),
        close: () => bus.stop(),
      };
    },
    dispose: () => folder.remove(),
  };
});
