import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Leader } from '@outrider/ports/leadership';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import pg from 'pg';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';
import { PostgresLeadership, type LeadershipEvent, type PostgresLeadershipOptions } from './postgres-leadership.ts';

let server: TestPostgres;
let raw: pg.Client;
const opened: PostgresLeadership[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
  raw = new pg.Client(server.url);
  await raw.connect();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((leadership) => leadership.close()));
});
afterAll(async () => {
  await raw?.end();
  await server?.stop();
});

const QUICK = { leaseMs: 1_500, everyMs: 50 };
const open = (options: Partial<PostgresLeadershipOptions> = QUICK): PostgresLeadership => {
  const leadership = new PostgresLeadership({ url: server.url, ...options });
  opened.push(leadership);
  return leadership;
};

/** Keeps what it was told. */
class Recorder implements Leader {
  readonly told: (number | 'resign')[] = [];
  leads = false;

  lead(term: number): void {
    this.told.push(term);
    this.leads = true;
  }

  resign(): void {
    this.told.push('resign');
    this.leads = false;
  }
}

const several = async (
  count: number,
  role: string,
): Promise<{ all: Recorder[]; handles: { withdraw(): Promise<void> }[] }> => {
  const all = Array.from({ length: count }, () => new Recorder());
  const handles = await Promise.all(all.map((leader) => open().compete(role, leader)));
  return { all, handles };
};

test('of several that compete one leads, and stays it', async () => {
  const { all } = await several(4, randomUUID());
  await eventually(() => all.some((one) => one.leads));
  const { rows } = await raw.query<{ now: Date }>('select clock_timestamp() as now');
  const since = rows[0]?.now;
  await eventually(async () => {
    const renewed = await raw.query(`select 1 from leases where expires_at > $1::timestamptz + interval '3 s'`, [
      since,
    ]);
    return renewed.rowCount;
  });
  expect(all.flatMap((one) => one.told)).toEqual([1]);
});

test('withdrawing ends the work and hands the role over at once, with the next term', async () => {
  const role = randomUUID();
  const { all, handles } = await several(3, role);
  const first = await eventually(() => all.find((one) => one.leads));
  await handles[all.indexOf(first)]?.withdraw();
  expect(first.told).toEqual([1, 'resign']);
  // well before the lease would have run out
  await eventually(() => all.some((one) => one !== first && one.told[0] === 2), QUICK.leaseMs - 200);
  expect(first.leads).toBe(false);
});

test('the role of a process killed with -9 passes on within 10 s, with the default times', async () => {
  const role = randomUUID();
  const child = new TypescriptChild(new URL('../testing/leader.child.ts', import.meta.url), [server.url, role]);
  const heir = new Recorder();
  try {
    await eventually(() => child.lines.includes('1') || !child.running, 20_000);
    expect(child.errors).toBe('');
    await open({}).compete(role, heir);
    await child.kill();
    await eventually(() => heir.leads, 10_000);
  } finally {
    await child.kill();
  }
  expect(child.lines).toEqual(['1']);
  expect(heir.told).toEqual([2]);
});

test('a process that was stopped for longer than its lease gives up its role as soon as it goes on', async () => {
  const role = randomUUID();
  const child = new TypescriptChild(new URL('../testing/leader.child.ts', import.meta.url), [server.url, role]);
  try {
    await eventually(() => child.lines.includes('1') || !child.running, 20_000);
    child.signal('SIGSTOP');
    const heir = new Recorder();
    await open({}).compete(role, heir);
    await eventually(() => heir.leads, 10_000);
    child.signal('SIGCONT');
    await eventually(() => child.lines.includes('resigned'));
    expect(heir.told).toEqual([2]);
  } finally {
    await child.kill();
  }
});

test('terms only grow, whoever leads, and a row is never removed', async () => {
  const role = randomUUID();
  const terms: number[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const leader = new Recorder();
    const handle = await open().compete(role, leader);
    await eventually(() => leader.leads);
    await handle.withdraw();
    terms.push(Number(leader.told[0]));
  }
  expect(terms).toEqual([1, 2, 3, 4, 5, 6]);
});

test('while PostgreSQL does not answer the leader resigns before its lease ends, and one leads again after', async () => {
  const role = randomUUID();
  const events: LeadershipEvent[] = [];
  const leader = new Recorder();
  const rival = new Recorder();
  await open({ ...QUICK, onEvent: (event) => events.push(event) }).compete(role, leader);
  await eventually(() => leader.leads);
  await open().compete(role, rival);
  await raw.query('begin; lock table leases in access exclusive mode');
  const ends = await raw.query<{ at: Date }>('select expires_at as at from leases where role = $1', [role]);
  try {
    await eventually(() => !leader.leads);
    const { rows } = await raw.query<{ now: Date }>('select clock_timestamp() as now');
    expect(rows[0]?.now.getTime()).toBeLessThan(Number(ends.rows[0]?.at.getTime()));
    expect(rival.told).toEqual([]);
  } finally {
    await raw.query('rollback');
  }
  await eventually(() => leader.leads || rival.leads);
  expect(leader.leads && rival.leads).toBe(false);
  expect(events.some((event) => event.kind === 'away')).toBe(true);
});

test('a lead that fails gives the role to another process; a resign that fails keeps nobody from leading', async () => {
  const role = randomUUID();
  const events: string[] = [];
  const failing: Leader = {
    lead: () => Promise.reject(new Error('not today')),
    resign: () => Promise.reject(new Error('nor this')),
  };
  await open({ ...QUICK, onEvent: (event) => events.push(event.kind) }).compete(role, failing);
  await eventually(() => events.includes('lead-failed'));
  const other = new Recorder();
  await open().compete(role, other);
  await eventually(() => other.leads);
  expect(events).toContain('resign-failed');
});

test('the work is ended at once although it is still beginning, and ended again when it has begun', async () => {
  const role = randomUUID();
  const told: string[] = [];
  let begin: () => void = () => undefined;
  const slow: Leader = {
    lead: async () => {
      told.push('lead');
      await new Promise<void>((resolve) => (begin = resolve));
      told.push('begun');
    },
    resign: () => void told.push('resign'),
  };
  const handle = await open().compete(role, slow);
  await eventually(() => told.includes('lead'));
  const withdrawn = handle.withdraw();
  await eventually(() => told.includes('resign'));
  begin();
  await withdrawn;
  expect(told).toEqual(['lead', 'resign', 'begun', 'resign']);
});

test('roles are led apart from each other, and one process cannot compete twice for one', async () => {
  const leadership = open();
  const [a, b] = [new Recorder(), new Recorder()];
  const role = randomUUID();
  await leadership.compete(`${role}.a`, a);
  const held = await leadership.compete(`${role}.b`, b);
  await eventually(() => a.leads && b.leads);
  await expect(leadership.compete(`${role}.a`, a)).rejects.toThrow('already');
  await expect(leadership.compete('no spaces', a)).rejects.toThrow('letters');
  await held.withdraw();
  await sleep(0);
  expect([a.leads, b.leads]).toEqual([true, false]);
});
