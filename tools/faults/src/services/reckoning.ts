import { readFileSync } from 'node:fs';
import type { Installation } from '@outrider/fleet/installation';
import { pause, type Load } from '../load.ts';
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

/** Waits until the stored events stand still and no enforcement is between two states. Resolves with the ms it took. */
export const settle = async ({ truth }: Installation, since: number): Promise<number> => {
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
    const state = `${rows?.n} ${open?.n}`;
    if (state !== last) still = performance.now();
    last = state;
    if (performance.now() - still > QUIET_MS && open?.n === '0') return still - began;
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
    leftInKong: sim.list('plugins').filter(({ tags }) => Array.isArray(tags) && tags.includes('outrider')).length,
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
  const rows = await truth.postgres<{ state: string; entity_id: string }>(
    `SELECT id, state, entity_id, round, requested_by, attempts, created_at FROM enforcements WHERE created_at >= to_timestamp($1 / 1000.0)`,
    [since],
  );
  const made = new Set(rows.map(({ entity_id }) => entity_id));
  const applied = new Map<string, number>();
  for (const { method, path, status } of sim.adminLog.slice(callsBefore)) {
    const consumer = /^\/consumers\/([^/?]+)\/plugins/.exec(path)?.[1];
    if (consumer && method === 'POST' && status === 201) applied.set(consumer, (applied.get(consumer) ?? 0) + 1);
  }
  const twice = [
    ...[...applied].filter(([, n]) => n > 1).map(([consumer]) => consumer),
    ...[...made].filter((entity) => rows.filter(({ entity_id }) => entity_id === entity).length > 1),
  ];
  return {
    doubledCalls: twice.flatMap((entity) => [
      ...rows.filter(({ entity_id }) => entity_id === entity).map((row) => JSON.stringify(row)),
      ...sim.adminLog
        .slice(callsBefore)
        .filter(({ path }) => path.includes(entity))
        .map(({ at, method, path, status }) => `${new Date(at).toISOString()} ${method} ${path} ${status}`),
    ]),
    enforcements: rows.length,
    enforcementsLeft: rows.filter(({ state }) => state !== 'lifted').length,
    enforcementsMissing: [...blocked].filter((consumer) => !made.has(consumer)).length,
    appliedDoubled: [...applied.values()].filter((n) => n > 1).length + (rows.length - made.size),
  };
};

/** Resident memory of a process; MB. */
export const residentMb = (pid: number | undefined): number => {
  if (pid === undefined) return 0;
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(line ?? 0) / 1024);
};
