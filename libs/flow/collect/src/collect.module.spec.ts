import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, jest } from '@jest/globals';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { Clock, systemClock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { Gateways, type GatewayAdmin, type GatewayPlugin } from '@outrider/ports/gateway-admin';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { CollectModule } from './collect.module.ts';
import { CollectService } from './collect.service.ts';
import { silentLog } from './testing/collecting.ts';
import { aGateway, FINGERPRINT_KEY } from './testing/log-entry.ts';

const engines = (values: Record<string, unknown>, tokens: readonly unknown[]) => {
  @Module({})
  class Engines {}
  const providers = [
    { provide: EventBus, useValue: new FakeEventBus() },
    { provide: Clock, useValue: systemClock },
    { provide: Metrics, useValue: new Metrics() },
    { provide: 'outrider.logger', useValue: silentLog },
    { provide: Lifecycle, inject: ['outrider.logger'], useFactory: (log: Logger) => new Lifecycle(log) },
    ...(tokens.includes(Gateways) ? [{ provide: Gateways, useValue: values['gateways'] }] : []),
  ];
  return { module: Engines, global: true, providers, exports: providers.map((provider) => provider.provide) };
};

const options = { gateways: [aGateway()], fingerprintKey: FINGERPRINT_KEY, tcpPort: 0 };

describe('CollectModule', () => {
  it('opens its ports with the lifecycle and closes them with it; Gateways may be absent', async () => {
    const app = await Test.createTestingModule({
      imports: [engines({}, []), CollectModule.register(options)],
    }).compile();
    const service = app.get(CollectService);
    expect(service.addresses.tcp).toBeUndefined();
    await app.get(Lifecycle).start();
    expect(service.addresses.tcp).toBeGreaterThan(0);
    await app.get(Lifecycle).stop();
  });

  it('learns from Kong under which names credentials come, and a Kong that is away changes nothing', async () => {
    // the refresher reads name and config alone
    const plugin = (name: string, config: Record<string, unknown>) => ({ name, config }) as unknown as GatewayPlugin;
    const plugins = jest
      .fn<() => Promise<GatewayPlugin[]>>()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue([
        plugin('key-auth', { key_names: ['X-Door', 7] }),
        plugin('jwt', { uri_param_names: ['ticketx'], cookie_names: ['crumb'], header_names: {} }),
        plugin('session', { cookie_name: 'kaffee' }),
      ]);
    const gateways: Gateways = {
      // and asks the Admin API for plugins alone
      admin: () => ({ plugins }) as unknown as GatewayAdmin,
      propagationMs: () => 0,
      list: () => [
        { tenant: 'default', gateway: 'kong', adminConfigured: true },
        { tenant: 'default', gateway: 'dark', adminConfigured: false },
      ],
    };
    const register = CollectModule.register({ ...options, limits: { refreshNamesMs: 5 } });
    const app = await Test.createTestingModule({ imports: [engines({ gateways }, [Gateways]), register] }).compile();
    await app.get(Lifecycle).start();
    const names = app.get(CollectService).names.of('default/kong');
    await eventually(() => ['x-door', 'ticketx', 'crumb', 'kaffee'].every((name) => names.isSecret(name)));
    expect(names.headers).toContain('x-door');
    await app.get(Lifecycle).stop();
    const asked = plugins.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(plugins.mock.calls.length).toBeLessThanOrEqual(asked + 1);
  });

  it.each([
    ['no gateway', { gateways: [] }],
    ['an unknown default', { defaultGateway: 'other' }],
    ['a short fingerprint key', { fingerprintKey: Buffer.alloc(8) }],
    [
      'a token for two gateways',
      { gateways: [aGateway({ ingestToken: 'x'.repeat(16) }), aGateway({ id: 'b', ingestToken: 'x'.repeat(16) })] },
    ],
    ['a gateway twice', { gateways: [aGateway(), aGateway()] }],
    ['a broken trusted proxy', { gateways: [aGateway({ trustedProxies: ['x'] })] }],
  ])('%s is a configuration error', async (_what, change) => {
    const compiled = Test.createTestingModule({
      imports: [engines({}, []), CollectModule.register({ ...options, ...change })],
    }).compile();
    await expect(compiled).rejects.toMatchObject({ code: 'invalid-configuration' });
  });
});
