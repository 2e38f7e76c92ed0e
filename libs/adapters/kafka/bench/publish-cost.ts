import { KafkaBus } from '../src/kafka-bus.ts';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { randomUUID } from 'node:crypto';

// What a published event costs this process, by events a message and compression:
//   node --conditions=@outrider/source --import=<libs/testing/ts-loader.mjs> bench/publish-cost.ts host:port
const [broker = '127.0.0.1:9092'] = process.argv.slice(2);
const TOPIC = 'bench.v1';
const SIDE = 16;

const row = (n: number): string =>
  JSON.stringify([
    randomUUID(),
    1_700_000_000_000 + n,
    'default',
    'kong-1',
    'GET',
    `/orders/${n % 5_000}`,
    '/orders/{id}',
    200 + (n % 7 === 0 ? 204 : 0),
    (n * 7_919) % 900,
    1_000 + ((n * 31) % 9_000),
    `consumer-${n % 800}`,
    `10.0.${n % 250}.${(n * 3) % 250}`,
    'orders-service',
    'orders-route',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    {},
  ]);

const publishFor = async (bus: KafkaBus, value: Buffer, ms: number): Promise<number> => {
  let messages = 0;
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: SIDE }, async (_, lane) => {
      for (; performance.now() < until; messages += 1)
        await bus.publish(TOPIC, [{ key: 'k', partition: lane % 12, value, headers: {} }]);
    }),
  );
  return messages;
};

process.stdout.write('events/msg  bytes/msg  codec  events/s  messages/s  CPU µs/event\n');
for (const compression of ['none', 'gzip', 'lz4'] as const) {
  const bus = new KafkaBus(
    {
      brokers: [broker],
      topicPrefix: `b${Date.now().toString(36)}.`,
      compression,
      catalogue: [{ name: TOPIC, key: 'none', partitions: 12, retentionHours: 1 }],
      watched: {},
    },
    {
      log: createLogger({ level: 'silent', name: 'bench', pretty: false }),
      metrics: new Metrics(),
      clock: systemClock,
    },
  );
  await bus.start();
  for (const events of [1, 100, 1_000]) {
    const value = Buffer.from(Array.from({ length: events }, (_, n) => row(n)).join('\n'));
    await publishFor(bus, value, 1_000);
    const began = performance.now();
    const cpu = process.cpuUsage();
    const messages = await publishFor(bus, value, 4_000);
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - began) / 1_000;
    process.stdout.write(
      [
        String(events).padStart(10),
        String(value.length).padStart(10),
        compression.padStart(6),
        String(Math.round((messages * events) / seconds)).padStart(9),
        String(Math.round(messages / seconds)).padStart(11),
        ((user + system) / messages / events).toFixed(2).padStart(13),
      ].join(' ') + '\n',
    );
  }
  await bus.stop();
}
