import { randomUUID } from 'node:crypto';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anAlert } from '@outrider/domain/detection/testing';
import pg from 'pg';
import { MIGRATIONS_DIR, migrateDeploy } from './migrate-deploy.ts';
import { openPostgres } from './open-postgres.ts';
import { startTestPostgres, type TestPostgres } from './testing/test-postgres.ts';

const CAMPAIGNS = '20260603000000_campaigns';
let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server?.stop());

/** A database as the release before campaigns left it. */
const databaseOfBefore = async (): Promise<string> => {
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query('create database of_before');
  await admin.end();
  const dir = join(server.folder, 'migrations-before');
  for (const name of readdirSync(MIGRATIONS_DIR))
    if (name < CAMPAIGNS) cpSync(join(MIGRATIONS_DIR, name), join(dir, name), { recursive: true });
  const url = new URL(server.url);
  url.pathname = '/of_before';
  await migrateDeploy(url.href, dir);
  return url.href;
};

test('alerts of before are campaigns of one, real, and found by whoever is in them', async () => {
  const url = await databaseOfBefore();
  const contributors = [
    { entity: { kind: 'ip', id: '192.0.2.1', name: '192.0.2.1' } as const, count: 4 },
    { entity: { kind: 'endpoint', id: 'GET /x', name: 'GET /x' } as const, count: 2 },
  ];
  const alert = anAlert({ id: randomUUID(), contributors });
  const { simulated: _simulated, campaignId: _campaign, ...body } = alert;
  const raw = new pg.Client(url);
  await raw.connect();
  await raw.query(
    `insert into alerts values ($1, $2, 'default', $3, 'consumer', $4, 'high', 3, 'open', 1, 0, $5, $6, $5, $5, $7)`,
    [
      alert.id,
      alert.tenant,
      alert.type,
      alert.entity.id,
      new Date(alert.firstSeenAt),
      new Date(alert.lastSeenAt),
      JSON.stringify(body),
    ],
  );
  expect(await migrateDeploy(url)).toContain(CAMPAIGNS);
  const { rows } = await raw.query('select participants from alerts');
  expect(rows).toEqual([{ participants: [`consumer:${alert.entity.id}`, 'ip:192.0.2.1'] }]);
  await raw.end();
  const stores = openPostgres({ url, max: 2, sealingKeys: [Buffer.alloc(32, 1)] });
  try {
    expect(await stores.alerts.find(alert.tenant, alert.id)).toEqual(alert);
    const range = { from: alert.firstSeenAt, to: alert.lastSeenAt };
    const query = { tenant: alert.tenant, range, limit: 9 };
    expect(await stores.alerts.related({ ...query, participants: ['ip:192.0.2.1'] })).toEqual([alert]);
    expect(await stores.alerts.related({ ...query, participants: ['endpoint:GET /x'] })).toEqual([]);
  } finally {
    await stores.close();
  }
});
