import { X509Certificate } from 'node:crypto';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import type { CollectOptions } from '../collect-options.ts';
import { eventsIn, startCollecting } from '../testing/collecting.ts';
import { aGateway, anEntry, fixture } from '../testing/log-entry.ts';

const pem = (name: string): Buffer => fixture(`tls-test-only/${name}.pem`);
const identity = (name: string) => ({ cert: pem(name), key: pem(`${name}.key`) });
const pinned = new X509Certificate(pem('pinned')).fingerprint256;
const gateways = [
  aGateway(),
  aGateway({ id: 'by-sni', sni: ['Edge.kong.test'] }),
  aGateway({ id: 'by-name', clientCertificates: ['kong-by-name'] }),
  aGateway({ id: 'by-pin', clientCertificates: [pinned] }),
];

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act();
});

const collectingTls = async (tls: Partial<NonNullable<CollectOptions['tls']>> = {}) => {
  const bus = new FakeEventBus();
  const { certificate, key } = { certificate: pem('server'), key: pem('server.key') };
  const started = await startCollecting(bus, {
    gateways,
    tlsPort: 0,
    tls: { certificate, key, clientCa: pem('ca'), ...tls },
  });
  cleanUp.push(() => started.stop());
  return { bus, ...started };
};

const dial = (port: number | undefined, options: ConnectionOptions = {}): TLSSocket => {
  const socket = tlsConnect({ port: port ?? 0, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  cleanUp.push(() => void socket.destroy());
  return socket;
};

const line = `${JSON.stringify(anEntry())}\n`;

const closed = (socket: TLSSocket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

describe('the TLS port', () => {
  it.each([
    ['nothing but TLS', {}, 'kong'],
    ['an unknown server name', { servername: 'other.example' }, 'kong'],
    ['a server name', { servername: 'edge.KONG.test' }, 'by-sni'],
    ['a certificate of our CA, by its common name', identity('client'), 'by-name'],
    ['a pinned self-signed certificate', identity('pinned'), 'by-pin'],
    ['a pinned certificate before the server name', { ...identity('pinned'), servername: 'edge.kong.test' }, 'by-pin'],
  ])('%s stands for its gateway', async (_what, options: ConnectionOptions, expected) => {
    const { service, bus } = await collectingTls();
    dial(service.addresses.tls, options).write(line);
    await eventually(() => eventsIn(bus.published).length === 1);
    expect(eventsIn(bus.published)[0]?.gateway).toBe(expected);
  });

  it('refuses a certificate that only claims the name, and counts it', async () => {
    const { service, metrics, bus } = await collectingTls();
    const socket = dial(service.addresses.tls, identity('stranger'));
    socket.write(line);
    await closed(socket);
    expect(await metrics.text()).toContain(
      'outrider_collect_connections_refused_total{transport="tls",reason="client-certificate"} 1',
    );
    expect(eventsIn(bus.published)).toEqual([]);
  });

  it('refuses connections without a certificate where one is required', async () => {
    const { service } = await collectingTls({ requireClientCertificate: true });
    await closed(dial(service.addresses.tls));
  });

  it('speaks TLS 1.2 and later only, and plain text costs nothing but itself', async () => {
    const { service, bus, metrics } = await collectingTls();
    await closed(dial(service.addresses.tls, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
    dial(service.addresses.tls, { maxVersion: 'TLSv1.2' }).write(line);
    await eventually(() => eventsIn(bus.published).length === 1);
    expect(await metrics.text()).toContain('reason="handshake"');
  });

  it('a TLS port without a certificate, or with one that is none, is a configuration error', async () => {
    await expect(collectingTls({ key: 'no key' })).rejects.toThrow('the TLS certificate, key or CA cannot be used');
    await expect(startCollecting(new FakeEventBus(), { tlsPort: 0 })).rejects.toThrow('certificate');
  });
});
