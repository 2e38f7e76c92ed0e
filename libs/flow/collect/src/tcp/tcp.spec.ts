import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { countIn, eventsIn, lettersIn, startCollecting } from '../testing/collecting.ts';
import { GatedBus } from '../testing/gated-bus.ts';
import { aGateway, anEntry, recordedLines } from '../testing/log-entry.ts';

const LF = Buffer.from('\n');
const running: { stop(): Promise<void> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const collecting of running.splice(0)) await collecting.stop();
});

const collecting = async (...args: Parameters<typeof startCollecting>) => {
  const started = await startCollecting(...args);
  running.push(started);
  return started;
};

const connect = async (port: number | undefined): Promise<Socket> => {
  const socket = createConnection({ port: port ?? 0, host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

const aLine = (n: number): Buffer =>
  Buffer.from(`${JSON.stringify(anEntry((e) => void (e.request['id'] = n.toString(16).padStart(32, '0'))))}\n`);

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

describe('the TCP port', () => {
  it('takes the recorded stream of a real Kong over two connections, without one dead letter', async () => {
    const bus = new FakeEventBus();
    const { service } = await collecting(bus);
    const lines = recordedLines('kong-3.9.3-tcp-log.ndjson');
    const [a, b] = [await connect(service.addresses.tcp), await connect(service.addresses.tcp)];
    lines.forEach((line, i) => (i % 2 === 0 ? a : b).write(Buffer.concat([line, LF])));
    await eventually(() => eventsIn(bus.published).length === lines.length);
    expect(lettersIn(bus.published)).toEqual([]);
    expect(service.status()).toMatchObject([
      { gateway: 'kong', transport: 'tcp', entries: lines.length, openConnections: 2, refused: {} },
    ]);
  });

  it("one connection's garbage and over-long lines never cost another's entries, nor its own good ones", async () => {
    const bus = new FakeEventBus();
    const { service, metrics } = await collecting(bus, { limits: { entryBytes: 10_000 } });
    const [bad, good] = [await connect(service.addresses.tcp), await connect(service.addresses.tcp)];
    bad.write(
      Buffer.concat([
        Buffer.from([0x16, 3, 1, 2, 0, 10]),
        Buffer.from('{"a":'),
        LF,
        Buffer.alloc(50_000, 120),
        LF,
        aLine(1),
      ]),
    );
    good.write(aLine(2));
    await eventually(() => eventsIn(bus.published).length === 2 && lettersIn(bus.published).length === 3);
    expect(
      lettersIn(bus.published)
        .map((letter) => letter.reason)
        .sort(),
    ).toEqual(['not-json', 'not-json', 'too-long']);
    expect(lettersIn(bus.published).find((letter) => letter.reason === 'too-long')).toMatchObject({
      bytes: 50_000,
      transport: 'tcp',
    });
    expect(await metrics.text()).toContain('outrider_collect_refused_total{gateway="kong",reason="too-long"} 1');
  });

  it('takes a last line that has no end when the sender closes', async () => {
    const bus = new FakeEventBus();
    const { service } = await collecting(bus);
    const socket = await connect(service.addresses.tcp);
    socket.end(aLine(1).subarray(0, -1));
    await eventually(() => eventsIn(bus.published).length === 1);
    await eventually(() => service.status()[0]?.openConnections === 0);
  });

  it("a gateway's own port names the gateway", async () => {
    const bus = new FakeEventBus();
    const probe = await collecting(new FakeEventBus());
    const own = probe.service.addresses.tcp ?? 0;
    await probe.stop();
    const { service } = await collecting(bus, {
      gateways: [aGateway(), aGateway({ id: 'edge', tenant: 'acme', tcpPort: own })],
    });
    (await connect(own)).write(aLine(1));
    (await connect(service.addresses.tcp)).write(aLine(2));
    await eventually(() => eventsIn(bus.published).length === 2);
    expect(
      eventsIn(bus.published)
        .map((event) => `${event.tenant}/${event.gateway}`)
        .sort(),
    ).toEqual(['acme/edge', 'default/kong']);
  });

  it('turns away connections beyond the cap and counts them', async () => {
    const { service, metrics } = await collecting(new FakeEventBus(), { limits: { connections: 2 } });
    await connect(service.addresses.tcp);
    await connect(service.addresses.tcp);
    await eventually(() => service.status()[0]?.openConnections === 2);
    const third = await connect(service.addresses.tcp);
    await closed(third);
    expect(await metrics.text()).toContain(
      'outrider_collect_connections_refused_total{transport="tcp",reason="too-many"} 1',
    );
  });

  it('closes what is idle, and what sends nothing but garbage', async () => {
    const { service, metrics } = await collecting(new FakeEventBus(), { limits: { idleMs: 30, garbageLines: 50 } });
    await closed(await connect(service.addresses.tcp));
    const garbage = await connect(service.addresses.tcp);
    garbage.write('x\n'.repeat(1_000));
    await closed(garbage);
    expect(await metrics.text()).toContain('reason="garbage"} 1');
  });

  it('stops reading while the bus hangs, stays within its bound, and loses nothing when the bus comes back', async () => {
    const bus = new GatedBus();
    bus.mode = 'hanging';
    const highBytes = 200_000;
    const { service } = await collecting(bus, { limits: { highBytes, lowBytes: 100_000, idleMs: 1_500 } });
    const count = 20_000;
    const line = aLine(0).toString('latin1');
    const lines = Buffer.from(
      Array.from({ length: count }, (_, n) => line.replace('0'.repeat(32), n.toString(16).padStart(32, '0'))).join(''),
    );
    const socket = await connect(service.addresses.tcp);
    socket.write(lines);
    await eventually(() => service.publisher.isFull);
    const late = await connect(service.addresses.tcp);
    late.write(aLine(count));
    // The idle time goes by: a connection that is not read is not idle.
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    expect(service.publisher.unpublishedBytes).toBeLessThan(highBytes + 100_000);
    expect(service.status()[0]?.openConnections).toBe(2);
    bus.release();
    await eventually(() => countIn(bus.published) === count + 1, 20_000);
    expect(new Set(eventsIn(bus.published).map((event) => event.id)).size).toBe(count + 1);
  });

  it('on stop takes what was already sent', async () => {
    const bus = new FakeEventBus();
    const started = await collecting(bus, { limits: { lingerMs: 60_000 } });
    const socket = await connect(started.service.addresses.tcp);
    await eventually(() => started.service.status()[0]?.openConnections === 1);
    const lines = Buffer.concat(Array.from({ length: 500 }, (_, n) => aLine(n)));
    await new Promise<void>((resolve) => socket.write(lines, () => resolve()));
    await started.stop();
    expect(eventsIn(bus.published)).toHaveLength(500);
    expect(lettersIn(bus.published)).toEqual([]);
  });

  it('a port that is taken is a clear error, and the others are closed again', async () => {
    const { service } = await collecting(new FakeEventBus());
    const taken = service.addresses.http ?? 0;
    const probe = await startCollecting(new FakeEventBus(), { gateways: [aGateway()] });
    const free = probe.service.addresses.tcp ?? 0;
    await probe.stop();
    const failing = startCollecting(new FakeEventBus(), { gateways: [aGateway()], tcpPort: free, httpPort: taken });
    await expect(failing).rejects.toThrow(/cannot listen on .* \(EADDRINUSE\)/);
    await collecting(new FakeEventBus(), { gateways: [aGateway()], tcpPort: free });
  });
});
