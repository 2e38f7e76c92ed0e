import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { KongAdmin } from '@outrider/kong/kong-admin';
import { examineKong } from './kong.examination.ts';

describe("the doctor's view of Kong", () => {
  let sim: KongSim;
  let admin: KongAdmin;
  const create = async (path: string, body: object): Promise<void> => {
    const response = await fetch(sim.adminUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
  };
  const examine = (now = Date.now()) => examineKong(admin, { tcpPorts: [7514], httpPort: 7515, now });
  const levels = async (level: string): Promise<string> =>
    (await examine())
      .filter((s) => s.level === level)
      .map((s) => s.what)
      .join('\n');

  beforeEach(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    admin = new KongAdmin({ url: sim.adminUrl });
  });
  afterEach(async () => {
    admin.close();
    await sim.stop();
  });

  it('fails when nothing sends here, and gives the command that changes it', async () => {
    const symptom = (await examine()).find((s) => s.what.includes('no tcp-log'));
    expect(symptom).toMatchObject({ level: 'fail', advice: expect.stringContaining('config.port=7514') });
  });

  it('is content with a global tcp-log and authentication', async () => {
    await create('/plugins', { name: 'tcp-log', config: { host: '127.0.0.1', port: 7514 } });
    await create('/plugins', { name: 'key-auth' });
    expect((await examine()).filter((s) => s.level !== 'ok')).toEqual([]);
  });

  it('names a narrower plugin that shadows the global one, and a logger that is only narrow', async () => {
    await create('/services', { name: 's', url: 'http://127.0.0.1:1' });
    await create('/services/s/plugins', { name: 'tcp-log', config: { host: '127.0.0.1', port: 7514 } });
    expect(await levels('fail')).toContain('only for service');
    await create('/plugins', { name: 'tcp-log', config: { host: '127.0.0.1', port: 7514 } });
    expect(await levels('warn')).toContain('replaces the global one');
  });

  it('warns of http-log without batches', async () => {
    await create('/plugins', { name: 'http-log', config: { http_endpoint: 'http://127.0.0.1:7515/v1/logs' } });
    expect(await levels('warn')).toContain('one request an entry');
  });

  it('fails when the clocks are apart, when Kong is away and when it takes no writes', async () => {
    expect((await examine(Date.now() + 60_000)).find((s) => s.what.includes('clock'))?.level).toBe('fail');
    await sim.fault({ kind: 'refuse' });
    expect(await examine()).toEqual([
      expect.objectContaining({ level: 'fail', what: expect.stringContaining('does not answer') }),
    ]);
  });
});

describe("the doctor's view of a Kong without a database", () => {
  let sim: KongSim;
  beforeAll(async () => {
    sim = await startKongSim({ dbless: true });
  });
  afterAll(() => sim.stop());

  it('says that nothing can be blocked there', async () => {
    const admin = new KongAdmin({ url: sim.adminUrl });
    const symptoms = await examineKong(admin, { tcpPorts: [7514], httpPort: 7515, now: Date.now() });
    admin.close();
    expect(symptoms).toContainEqual(
      expect.objectContaining({ level: 'fail', what: expect.stringContaining('refuses writes') }),
    );
  });
});
