import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CollectService } from '@outrider/collect/collect.service';
import type { CollectOptions } from '@outrider/collect/collect-options';
import { decodeRows, splitRows } from '@outrider/contracts/events/event-row';
import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { LocalBus } from '@outrider/local-bus/local-bus';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { eventually } from '@outrider/testing/eventually';

const TOKEN = 'a-token-for-the-tests';
const MIB = 1_048_576;
const deps = () => ({
  log: createLogger({ level: 'silent', pretty: false, name: 'spec' }),
  metrics: new Metrics(),
  clock: systemClock,
});

const anEntry = (n: number): string =>
  JSON.stringify({
    started_at: Date.now(),
    client_ip: `198.51.100.${n % 250}`,
    request: { id: n.toString(16).padStart(32, '0'), method: 'GET', uri: `/orders/${n}?apikey=planted-key`, headers: { apikey: 'planted-key' }, size: 1 },
    response: { status: 200, size: 1, headers: {} },
    latencies: { request: 1, kong: 0, proxy: 1 },
  }); // prettier-ignore

describe('collect on the bus on disk', () => {
  let dir = '';
  const cleanUp: (() => Promise<void> | void)[] = [];
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'outrider-collector-'))));
  afterEach(async () => {
    for (const act of cleanUp.splice(0).reverse()) await act();
    await rm(dir, { recursive: true, force: true });
  });

  const openBus = async (maxBytes = 256 * MIB): Promise<LocalBus> => {
    const topic = { groups: ['analyzer'], maxBytes };
    const topics = { [EVENTS_TOPIC.name]: topic, [DEAD_LETTERS_TOPIC.name]: topic };
    const bus = new LocalBus({ dir, topics, commitIntervalMs: 5, maintenanceMs: 50 }, deps());
    await bus.start();
    cleanUp.push(() => bus.stop());
    return bus;
  };

  const collectOn = async (bus: LocalBus, limits: CollectOptions['limits'] = {}): Promise<CollectService> => {
    const service = new CollectService(
      {
        gateways: [GatewaySettings.parse({ id: 'kong', ingestToken: TOKEN })],
        fingerprintKey: Buffer.alloc(32, 1),
        tcpPort: 0,
        httpPort: 0,
        limits: { lingerMs: 5, drainMs: 1_000, stopMs: 1_000, retryMaxMs: 20, ...limits },
      },
      { bus, ...deps() },
    );
    await service.listen();
    cleanUp.push(async () => {
      await service.stopListening();
      await service.flush();
    });
    return service;
  };

  /** The events that a consumer of the bus sees, from now on growing. */
  const consume = async (bus: LocalBus): Promise<ApiEvent[]> => {
    const events: ApiEvent[] = [];
    await bus.consume(
      { topic: EVENTS_TOPIC.name, group: 'analyzer' },
      async ({ value }) => void events.push(...decodeRows(splitRows(value))),
    );
    return events;
  };

  const connect = (port: number | undefined): Socket => {
    const socket = createConnection({ port: port ?? 0, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    cleanUp.push(() => void socket.destroy());
    return socket;
  };

  const post = (service: CollectService, body: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${service.addresses.http ?? 0}/v1/logs`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });

  it('what was answered with 200 is there when the bus is opened again, without its secrets', async () => {
    const bus = await openBus();
    const service = await collectOn(bus);
    const answer = await post(service, `[${Array.from({ length: 50 }, (_, n) => anEntry(n)).join(',')}]`);
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 50, refused: 0 }]);
    await bus.stop();
    const events = await consume(await openBus());
    await eventually(() => events.length === 50);
    expect(JSON.stringify(events)).not.toContain('planted-key');
    expect(events[7]).toMatchObject({
      gateway: 'kong',
      path: '/orders/7',
      pathTemplate: '/orders/{id}',
      query: 'apikey=secret:11',
    });
  });

  it('a full bus pauses the senders, and when it empties nothing was lost', async () => {
    const bus = await openBus(2 * MIB);
    const service = await collectOn(bus, { highBytes: MIB, lowBytes: MIB / 2, batchBytes: 64 * 1_024 });
    const socket = connect(service.addresses.tcp);
    const count = 30_000;
    socket.write(Array.from({ length: count }, (_, n) => `${anEntry(n)}\n`).join(''));
    await eventually(() => service.publisher.isFull);
    const refused = await post(service, anEntry(count));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    const events = await consume(bus);
    await eventually(() => events.length >= count, 30_000);
    expect(new Set(events.map((event) => event.id)).size).toBe(count);
    expect((await post(service, anEntry(count))).status).toBe(200);
  });

  it('stopping in order leaves nothing behind: what a sender had sent is on the bus', async () => {
    const bus = await openBus();
    const service = await collectOn(bus, { lingerMs: 60_000 });
    const socket = connect(service.addresses.tcp);
    await eventually(() => service.status()[0]?.openConnections === 1);
    await new Promise<void>((resolve) =>
      socket.write(Array.from({ length: 700 }, (_, n) => `${anEntry(n)}\n`).join(''), () => resolve()),
    );
    await service.stopListening();
    await service.flush();
    const events = await consume(bus);
    await eventually(() => events.length === 700);
  });
});
