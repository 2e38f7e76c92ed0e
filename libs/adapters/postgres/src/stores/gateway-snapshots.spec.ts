import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aPlugin, aSnapshot } from '@outrider/domain/gateway/testing';
import { NOTHING_REMEMBERED } from '@outrider/domain/gateway/watch-memory';
import pg from 'pg';
import { openPostgres, type Postgres } from '../open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts';

let server: TestPostgres;
let stores: Postgres;
beforeAll(async () => {
  server = await startTestPostgres();
  stores = openPostgres({ url: server.url, max: 2, sealingKeys: [Buffer.alloc(32, 7)] });
});
afterAll(async () => {
  await stores?.close();
  await server?.stop();
});

const AT = 1_767_225_600_000;
const stored = (name: string) => ({ snapshot: aSnapshot([aPlugin({ name })]), memory: NOTHING_REMEMBERED, seenAt: AT });

test('keeps one snapshot for each tenant and gateway, the latest, as it was given', async () => {
  const { gatewaySnapshots: kept } = stores;
  expect(await kept.load('a', 'eu')).toBeUndefined();
  await kept.save('a', 'eu', stored('key-auth'));
  await kept.save('a', 'us', stored('acl'));
  await kept.save('b', 'eu', stored('jwt'));
  await kept.save('a', 'eu', stored('tcp-log'));
  expect(await kept.load('a', 'eu')).toEqual(stored('tcp-log'));
  expect(await kept.load('a', 'us')).toEqual(stored('acl'));
  await kept.touch('a', 'eu', AT + 5);
  await kept.touch('c', 'eu', AT + 5);
  expect(await kept.load('a', 'eu')).toEqual({ ...stored('tcp-log'), seenAt: AT + 5 });
  expect(await kept.load('b', 'eu')).toEqual(stored('jwt'));
});

test('tells how the looks at the gateways of one tenant go, without what they saw', async () => {
  const { gatewaySnapshots: kept } = stores;
  await kept.save('l', 'eu', stored('key-auth'));
  await kept.save('l', 'us', stored('acl'));
  await kept.save('m', 'eu', stored('jwt'));
  await kept.remember('l', 'us', { ...NOTHING_REMEMBERED, failing: { since: AT + 1, looks: 3 } });
  await kept.remember('l', 'unknown', { ...NOTHING_REMEMBERED, failing: { since: AT + 1, looks: 3 } });
  expect(await kept.looks('l')).toEqual([
    { gateway: 'eu', seenAt: AT },
    { gateway: 'us', seenAt: AT, failing: { since: AT + 1, looks: 3 } },
  ]);
  expect((await kept.load('l', 'us'))?.snapshot).toEqual(stored('acl').snapshot);
});

test('names with characters that PostgreSQL does not store are kept without them', async () => {
  const odd = { ...stored('key-auth'), snapshot: aSnapshot([aPlugin({ anonymous: 'a\u0000b' })]) };
  await stores.gatewaySnapshots.save('odd', 'eu', odd);
  expect((await stores.gatewaySnapshots.load('odd', 'eu'))?.snapshot.plugins[0]?.anonymous).toBe('a\uFFFDb');
});

test('a row of another version is nothing, rather than half of something', async () => {
  await stores.gatewaySnapshots.save('old', 'eu', stored('key-auth'));
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query(`update gateway_snapshots set snapshot = '{"v": 0}' where tenant = 'old'`);
  await client.end();
  expect(await stores.gatewaySnapshots.load('old', 'eu')).toBeUndefined();
});
