import { readFileSync } from 'node:fs';
import type { Installation } from '@outrider/fleet/installation';
import { setTimeout as pause } from 'node:timers/promises';
import type { Load } from '@outrider/fleet/load';
import { leftInKong } from '../reckoning.ts';
import type { BusReader, Ends } from './bus-ids.ts';

/** What one phase left behind, counted. Everything that is named `…Missing`, `…Doubled` or `…Left` must be 0. */
export interface Reckoning {
  readonly acknowledged: number;
  readonly acknowledgedMissing: number;
  /** Different events on the bus, and rows there: retries and repeated batches make more rows than events. */
  readonly onBus: number;
  readonly rowsOnBus: number;
  readonly busMissing: number;
  readonly stored: number;
  readonly storedDoubled: number;
  /** Stored, but not on the bus: would be an event from nowhere. */
  readonly storedUnknown: number;
  readonly aggregatesOff: number;
  readonly tcpWritten: number;
  readonly tcpStored: number;
  readonly alertsExpected: number;
  readonly alertsMissing: number;
  readonly alertsDoubled: number;
  readonly alertsUnexpected: number;
  readonly enforcements: number;
  readonly enforcementsLeft: number;
  readonly enforcementsMissing: number;
  readonly appliedDoubled: number;
  /** What was asked of Kong for those that were applied or made twice, a line each. */
  readonly doubledCalls: readonly string[];
  readonly leftInKong: number;
  /** From the end of the load until everything was worked off. */
  readonly settledAfterMs: number;
}

const SETTLE_MS = 240_000;
const QUIET_MS = 4_000;

/** Waits until the bus is worked off and no enforcement is between two states, for a while. Resolves with the ms it took. */
export const settle = async ({ truth }: Installation, bus: BusReader, since: number): Promise<number> => {
  const began = performance.now();
  let last = '';
  let still = performance.now();
  while (performance.now() - began < SETTLE_MS) {
    const [rows] = await truth.clickhouse<{ n: string }>(
      `SELECT count() AS n FROM events_v1 WHERE started_at >= fromUnixTimestamp64Milli(${since})`,
    );
    const [open] = await truth.postgres<{ n: string }>(
      `SELECT count(*) AS n FROM enforcements WHERE state NOT IN ('lifted', 'failed', 'refused', 'simulated')`,
    );
    const lag = await bus.lag();
    const state = `${rows?.n} ${open?.n} ${lag}`;
    if (state !== last) still = performance.now();
    last = state;
    if (performance.now() - still > QUIET_MS && open?.n === '0' && lag === 0) return still - began;
    await pause(500);
  }
  return SETTLE_MS;
};

export interface Told {
  readonly since: number;
  readonly from: Ends;
  readonly load: Load;
  /** Addresses that guessed keys, each worth one alert. */
  readonly attackers: readonly string[];
  /** Consumers whose block was acknowledged. */
  readonly blocked: ReadonlySet<string>;
  readonly settledAfterMs: number;
  /** Calls of Kong's Admin API before the phase. */
  readonly callsBefore: number;
}

export const reckon = async (installation: Installation, bus: BusReader, told: Told): Promise<Reckoning> => {
  const { truth, sim } = installation;
  const { load, since } = told;
  const [onBus, stored, sums] = await Promise.all([
    bus.ids(told.from, await bus.ends()),
    truth.clickhouse<{ hex: string; n: string }>(
      `SELECT replaceAll(toString(id), '-', '') AS hex, count() AS n FROM events_v1
       WHERE received_at >= fromUnixTimestamp64Milli(${since}) GROUP BY id`,
    ),
    truth.clickhouse<{ rows: string; counted: string }>(
      `SELECT (SELECT count() FROM events_v1) AS rows,
              (SELECT sum(requests + echoes) FROM entity_minute_v1 WHERE entity_kind = 'ip') AS counted`,
    ),
  ]);
  const times = new Map(stored.map(({ hex, n }) => [hex, Number(n)]));
  const missing = (ids: Iterable<string>): number => [...ids].filter((id) => !times.has(id)).length;
  return {
    acknowledged: load.acknowledged.size,
    acknowledgedMissing: missing(load.acknowledged),
    onBus: onBus.ids.size,
    rowsOnBus: onBus.rows,
    busMissing: missing(onBus.ids),
    stored: times.size,
    storedDoubled: [...times.values()].filter((n) => n > 1).length,
    storedUnknown: [...times.keys()].filter((id) => !onBus.ids.has(id)).length,
    aggregatesOff: Math.abs(Number(sums[0]?.rows ?? 0) - Number(sums[0]?.counted ?? 0)),
    tcpWritten: load.written.size,
    tcpStored: load.written.size - missing(load.written),
    ...(await alerts(installation, told)),
    ...(await enforcements(installation, told)),
    leftInKong: leftInKong(sim),
    settledAfterMs: told.settledAfterMs,
  };
};

const alerts = async ({ truth }: Installation, { since, attackers }: Told) => {
  const rows = await truth.postgres<{ type: string; entity_id: string; n: string }>(
    `SELECT type, entity_id, count(*) AS n FROM alerts WHERE opened_at >= to_timestamp($1 / 1000.0) GROUP BY 1, 2`,
    [since],
  );
  const found = new Map(
    rows.filter(({ type }) => type === 'brute-force').map(({ entity_id, n }) => [entity_id, Number(n)]),
  );
  return {
    alertsExpected: attackers.length,
    alertsMissing: attackers.filter((address) => !found.has(address)).length,
    alertsDoubled: [...found.values()].filter((n) => n > 1).length,
    alertsUnexpected: rows.filter(({ type, entity_id }) => type !== 'brute-force' || !attackers.includes(entity_id))
      .length,
  };
};

const enforcements = async ({ truth, sim }: Installation, { since, blocked, callsBefore }: Told) => {
  const rows = await truth.postgres<{ state: string; entity_id: string; round: number }>(
    `SELECT id, state, entity_id, round, requested_by, created_at FROM enforcements WHERE created_at >= to_timestamp($1 / 1000.0)`,
    [since],
  );
  const calls = sim.adminLog.slice(callsBefore);
  // An attack that outlives its block is blocked again: that is another round.
  const made = new Set(rows.map(({ entity_id, round }) => `${entity_id} ${round}`));
  const applied = [...blocked].filter((consumer) => timesApplied(calls, consumer) > 1);
  return {
    doubledCalls: applied.flatMap((consumer) => [
      ...rows.filter(({ entity_id }) => entity_id === consumer).map((row) => JSON.stringify(row)),
      ...callsOf(calls, consumer).map(({ at, method, path, status }) =>
        [new Date(at).toISOString(), method, path, status].join(' '),
      ),
    ]),
    enforcements: rows.length,
    enforcementsLeft: rows.filter(({ state }) => state !== 'lifted').length,
    enforcementsMissing: [...blocked].filter((consumer) => !rows.some(({ entity_id }) => entity_id === consumer))
      .length,
    appliedDoubled: applied.length + (rows.length - made.size),
  };
};

type Call = Installation['sim']['adminLog'][number];

/** Writes of the plugin that blocks the consumer: its id is known from the first, whose body names the consumer. */
const callsOf = (calls: readonly Call[], consumer: string): readonly Call[] => {
  const writes = calls.filter(({ method }) => method === 'PUT' || method === 'POST' || method === 'DELETE');
  const plugins = new Set(
    writes.filter(({ body, path }) => path.startsWith('/plugins/') && body.includes(consumer)).map(({ path }) => path),
  );
  return writes.filter(({ path }) => plugins.has(path) || path.includes(consumer));
};

/** How often a plugin came to be: the same PUT again changes nothing, after a DELETE or under another id it is another one. */
const timesApplied = (calls: readonly Call[], consumer: string): number => {
  const standing = new Set<string>();
  let times = 0;
  for (const { method, path, status } of callsOf(calls, consumer)) {
    if (status >= 300) continue;
    if (method === 'DELETE') standing.delete(path);
    else if (!standing.has(path)) {
      standing.add(path);
      times++;
    }
  }
  return times;
};

/** Resident memory of a process; MB. */
export const residentMb = (pid: number | undefined): number => {
  if (pid === undefined) return 0;
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(line ?? 0) / 1024);
};
