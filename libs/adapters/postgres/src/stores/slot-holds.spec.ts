import { randomUUID } from 'node:crypto';
import { TransientError } from '@outrider/platform/errors';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import pg from 'pg';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';
import { SlotHolds } from './slot-holds.ts';

let server: TestPostgres;
const opened: SlotHolds[] = [];
const open = (waitMs?: number): SlotHolds => {
  const wait = waitMs === undefined ? {} : { waitMs };
  const holds = new SlotHolds({ url: server.url, max: 4, onConnectionLost: () => undefined, ...wait });
  opened.push(holds);
  return holds;
};

beforeAll(async () => {
  server = await startTestPostgres();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((holds) => holds.close()));
});
afterAll(() => server?.stop());

const child = async (slot: string): Promise<TypescriptChild> => {
  const made = new TypescriptChild(new URL('../testing/holder.child.ts', import.meta.url), [server.url, slot]);
  await eventually(() => made.lines.includes('held') || !made.running, 30_000);
  expect(made.errors).toBe('');
  return made;
};

test('one at a time over all processes for one slot, side by side for different ones, and an error lets go', async () => {
  const slot = randomUUID();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside -= 1;
    if (most > 99) throw new Error('never');
  };
  const processes = [open(), open(), open()];
  await expect(open().run(slot, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  await Promise.all(processes.flatMap((one) => Array.from({ length: 8 }, () => one.run(slot, work))));
  expect(most).toBe(1);
  const both = await open().run(slot, () => open().run(`${slot}-other`, () => Promise.resolve('both')));
  expect(both).toBe('both');
});

test('waiting is bounded: a slot that stays taken is a TransientError', async () => {
  const slot = randomUUID();
  await open().run(slot, async () => {
    await expect(open(200).run(slot, () => Promise.resolve())).rejects.toMatchObject({ code: 'slot-busy' });
  });
  await open(200).run(slot, () => Promise.resolve());
});

test('a process killed with -9 lets go at once', async () => {
  const slot = randomUUID();
  const holder = await child(slot);
  const next = open().run(slot, () => Promise.resolve('mine'));
  await holder.kill();
  const begun = performance.now();
  expect(await next).toBe('mine');
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test('a process that is stopped loses its slot to another one, and notices before it writes', async () => {
  const slot = randomUUID();
  const holder = await child(slot);
  try {
    holder.signal('SIGSTOP');
    expect(await open(40_000).run(slot, () => Promise.resolve('mine'))).toBe('mine');
    holder.signal('SIGCONT');
    await eventually(() => holder.lines.includes('hold-lost'));
  } finally {
    await holder.kill();
  }
}, 90_000);

test('whoever loses the connection loses the hold, and the same pool goes on', async () => {
  const slot = randomUUID();
  const holds = open();
  const admin = new pg.Client(server.url);
  await admin.connect();
  await holds.run(slot, async (hold) => {
    hold.check();
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outrider-holds'`,
    );
    await eventually(() => {
      try {
        hold.check();
        return false;
      } catch (error) {
        return error instanceof TransientError;
      }
    });
  });
  await admin.end();
  expect(await holds.run(slot, () => Promise.resolve('again'))).toBe('again');
});
