import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';

const ALICE = 'c0ffee00-0000-4000-8000-000000000001';

interface Alert {
  readonly type: string;
  readonly severity: string;
  readonly entity: { readonly kind: string; readonly name: string };
  readonly explanation: string;
}

interface Enforcement {
  readonly id: string;
  readonly state: string;
}

const until = async <T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> => {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (holds(value) || tries > 600) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

describe('a Kong that Outrider is connected to', () => {
  let sim: KongSim;
  let outrider: OutriderProcess;

  beforeAll(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    sim.seed({
      services: [
        {
          name: 'shop',
          url: sim.upstreamUrl,
          routes: [
            { name: 'orders', paths: ['/orders'], plugins: [{ name: 'key-auth', instance_name: 'orders-key' }] },
          ],
        },
      ],
      consumers: [{ id: ALICE, username: 'alice' }],
    });
    outrider = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl, KONG_PROPAGATION_MS: '200' });
    await outrider.start();
  }, 120_000);
  afterAll(async () => {
    await outrider?.remove();
    await sim?.stop();
  });

  /** Only the watch reads services: each is the beginning of a look. */
  const looks = (): number => sim.adminLog.filter(({ path }) => path.startsWith('/services')).length;
  /** A look that began from now on is over. */
  const looked = async (): Promise<void> => {
    const before = looks();
    await until(
      async () => looks(),
      (count) => count >= before + 2,
    );
  };
  const alerts = async (): Promise<readonly Alert[]> =>
    (await outrider.api<{ data: Alert[] }>('GET', '/v1/alerts?type=gateway-config-change')).data;
  const enforcement = (id: string): Promise<Enforcement> => outrider.api('GET', `/v1/enforcements/${id}`);
  const block = async (): Promise<string> => {
    const { id } = await outrider.api<Enforcement>('POST', '/v1/enforcements', {
      action: { kind: 'block-consumer', durationSeconds: 600 },
      entity: { kind: 'consumer', id: ALICE },
      reason: 'a test',
    });
    await until(
      () => enforcement(id),
      ({ state }) => state === 'effective',
    );
    return id;
  };
  const remove = (plugin: string) => fetch(`${sim.adminUrl}/plugins/${plugin}`, { method: 'DELETE' });

  it('is watched: its own blocks and releases are silent, a block and an authentication that somebody takes out are told', async () => {
    await until(
      async () => looks(),
      (count) => count > 0,
    );
    const first = await block();
    await looked();
    expect(await alerts()).toEqual([]);
    await outrider.api('POST', `/v1/enforcements/${first}/undo`);
    await until(
      () => enforcement(first),
      ({ state }) => state === 'lifted',
    );

    const second = await block();
    await remove(second);
    await remove('orders-key');
    const told = await until(alerts, (found) => found.length >= 2);
    expect(told.map(({ severity, entity }) => `${severity} ${entity.kind} ${entity.name}`).sort()).toEqual([
      'high gateway default',
      'high route orders',
    ]);
    const texts = told.map(({ explanation }) => explanation).join();
    expect(texts.match(/block-consumer of alice was removed/g)).toHaveLength(1);
  }, 240_000);
});
