import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { LearnedTemplate, type LearnedService } from '@outrider/domain/traffic/learned-templates';
import type { EndpointSighting, LearnedScope, Learning, LearningSave } from '@outrider/ports/endpoint-store';
import * as z from 'zod';
import type { Database, Transaction } from '../database.ts';
import { storableJson, storableText, toMs, toTime } from '../storable.ts';
import { changeColumns } from './endpoint-rows.ts';

const MAX_SCOPES = 10_000;
/** Of a snapshot that was unpacked. */
const MAX_SNAPSHOT_BYTES = 256 * 1_024 * 1_024;
const pack = promisify(gzip);
const unpack = promisify(gunzip);
const Templates = z.array(LearnedTemplate);

export const loadLearning = async (database: Database): Promise<Learning> => {
  const [state, rows] = await Promise.all([
    database.read((client) => client.endpointLearning.findUnique({ where: { id: 1 } })),
    database.read((client) => client.endpointScope.findMany({ orderBy: { updatedAt: 'desc' }, take: MAX_SCOPES })),
  ]);
  const scopes = [];
  for (const { tenant, gateway, service, host, differs, snapshot } of rows) {
    const unpacked = await unpack(snapshot, { maxOutputLength: MAX_SNAPSHOT_BYTES });
    scopes.push({ tenant, gateway, service, host, differs, snapshot: unpacked });
  }
  return { cursor: state === null ? 0 : toMs(state.cursor), scopes };
};

export const readServices = async (database: Database): Promise<readonly LearnedService[]> => {
  const rows = await database.read((client) =>
    client.endpointScope.findMany({
      where: { differs: true },
      select: { tenant: true, gateway: true, service: true, host: true, templates: true },
      take: MAX_SCOPES,
    }),
  );
  return rows.map((row) => ({ ...row, templates: Templates.parse(row.templates) }));
};

/** Packed before the transaction begins: it takes as long as it takes. */
export const saveLearning = async (database: Database, save: LearningSave): Promise<void> => {
  const scopes = await Promise.all(
    save.scopes.map(async (scope) => ({ scope, snapshot: new Uint8Array(await pack(scope.snapshot, { level: 1 })) })),
  );
  const now = database.clock.now();
  await database.transaction(async (tx) => {
    const version = await nextVersion(tx, save.cursor);
    for (const { scope, snapshot } of scopes) await saveScope(tx, scope, snapshot, version, now);
    await saveSightings(tx, save.endpoints);
    await tx.endpointChange.createMany({ data: save.changes.map(changeColumns), skipDuplicates: true });
    for (const { id, problem } of save.appliedCorrections)
      await tx.endpointCorrection.updateMany({
        where: { id },
        data: { appliedAt: toTime(now), problem: storableText(problem) },
      });
  });
};

/** The row is locked until the end: two that save at once come one after the other. */
const nextVersion = async (tx: Transaction, cursor: number): Promise<bigint> => {
  const at = toTime(cursor);
  const row = await tx.endpointLearning.upsert({
    where: { id: 1 },
    create: { id: 1, cursor: at, version: 1n },
    update: { cursor: at, version: { increment: 1n } },
  });
  return row.version;
};

const saveScope = async (
  tx: Transaction,
  scope: LearnedScope,
  snapshot: Uint8Array<ArrayBuffer>,
  version: bigint,
  now: number,
): Promise<void> => {
  const { tenant, gateway, service, host, differs } = scope;
  const data = { differs, version, templates: storableJson(scope.templates), snapshot, updatedAt: toTime(now) };
  const key = { tenant, gateway, service, host };
  await tx.endpointScope.upsert({
    where: { tenant_gateway_service_host: key },
    create: { ...key, ...data },
    update: data,
  });
};

/** In one statement: a service may have thousands. What the inventory knows beside it stays. */
const saveSightings = async (tx: Transaction, sightings: readonly EndpointSighting[]): Promise<void> => {
  if (sightings.length === 0) return;
  const rows = JSON.stringify(storableJson(sightings));
  await tx.$executeRaw`
    INSERT INTO endpoints AS e (tenant, id, gateway, service_id, service_name, host, method, template, state,
      first_seen_at, last_seen_at, successes, hours)
    SELECT r.tenant, r.id, r.gateway, r."serviceId", r."serviceName", r.host, r.method, r.template, r.state,
      to_timestamp(r."firstSeenAt" / 1000.0), to_timestamp(r."lastSeenAt" / 1000.0), r.successes, r.hours
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(tenant text, id text, gateway text, "serviceId" text, "serviceName" text,
      host text, method text, template text, state text, "firstSeenAt" float8, "lastSeenAt" float8, successes bigint, hours int)
    ON CONFLICT (tenant, id) DO UPDATE SET
      service_name = excluded.service_name,
      state = CASE WHEN excluded.state = 'active' AND e.state = 'silent' THEN 'silent' ELSE excluded.state END,
      first_seen_at = least(e.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(e.last_seen_at, excluded.last_seen_at),
      successes = greatest(e.successes, excluded.successes),
      hours = greatest(e.hours, excluded.hours)`;
};
