import { aLocalBus } from './testing.ts';

// Publishes numbered messages, several at a time, and prints each number once the bus has taken it. Killed by the spec.
const [dir = '', from = '0'] = process.argv.slice(2);
const bus = await aLocalBus(dir, { segmentBytes: 256 * 1024, topics: { 't.v1': { groups: ['g'] } } });
let next = Number(from);
const lane = async (): Promise<void> => {
  for (;;) {
    const number = next++;
    const size = 10 + ((number * 7_919) % 20_000);
    await bus.publish('t.v1', [
      { key: 'k', headers: { number: String(number) }, value: Buffer.alloc(size, number % 256) },
    ]);
    process.stdout.write(`${number}\n`);
  }
};
await Promise.all([lane(), lane(), lane(), lane()]);
