import { TransientError } from '@outrider/platform/errors';
import { SlotHolds } from '../stores/slot-holds.ts';

// Holds a slot until it is killed or stopped by the spec, and says when it finds that it has lost it.
const [url = '', slot = ''] = process.argv.slice(2);
const holds = new SlotHolds({ url, max: 1, onConnectionLost: () => undefined });
await holds.run(slot, async (hold) => {
  process.stdout.write('held\n');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    try {
      hold.check();
    } catch (error) {
      process.stdout.write(error instanceof TransientError ? `${error.code}\n` : 'bug\n');
      return;
    }
  }
});
await holds.close();
