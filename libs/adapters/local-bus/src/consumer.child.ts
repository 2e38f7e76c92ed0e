import { setTimeout as sleep } from 'node:timers/promises';
import { aLocalBus } from './testing.ts';

// Consumes, finishing out of order, plans every tenth block, and prints what it finished. Killed by the spec.
const [dir = ''] = process.argv.slice(2);
const bus = await aLocalBus(dir, { topics: { 't.v1': { groups: ['g'] } } });
process.stdout.write(`start ${bus.lag()[0]?.messages ?? -1}\n`);
await bus.consume({ topic: 't.v1', group: 'g', maxInFlight: 32 }, async (delivery) => {
  if (delivery.offset % 10 === 9) {
    await delivery.plan(delivery.offset);
    process.stdout.write(`planned ${delivery.offset}\n`);
  }
  await sleep(Math.random() * 12);
  process.stdout.write(`done ${delivery.offset} ${delivery.plannedThrough ?? '-'}\n`);
});
setInterval(() => undefined, 1_000);
