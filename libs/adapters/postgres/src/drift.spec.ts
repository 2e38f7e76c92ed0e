import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { startTestPostgres, type TestPostgres } from './testing/test-postgres.ts';

const here = dirname(fileURLToPath(import.meta.url));
const project = resolve(here, '..');
const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
let server: TestPostgres;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server?.stop());

/** Prisma's own command line, on the schema engine that needs no download. */
const prisma = (...args: string[]) =>
  promisify(execFile)(process.execPath, [cli, ...args], {
    cwd: project,
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: server.folder,
      DATABASE_URL: server.url,
      PRISMA_SCHEMA_ENGINE_BINARY: resolve(project, '../../../tools/schema-engine.mjs'),
      CHECKPOINT_DISABLE: '1',
    },
  });

test('the migrations make exactly the tables of schema.prisma', async () => {
  const diff = await prisma(
    'migrate',
    'diff',
    '--from-migrations',
    'prisma/migrations',
    '--to-schema',
    'prisma/schema.prisma',
    '--exit-code',
  );
  expect(diff.stdout).toContain('No difference detected');
});

test('our ledger of applied migrations is one that Prisma agrees with', async () => {
  expect((await prisma('migrate', 'status')).stdout).toContain('Database schema is up to date');
});

test('the rules that Prisma cannot say stand in the database', async () => {
  const client = new pg.Client(server.url);
  await client.connect();
  const indexes = await client.query(
    `select indexrelid::regclass::text as name from pg_index where indisunique and indpred is not null order by 1`,
  );
  await client.end();
  expect(indexes.rows).toEqual([{ name: 'alerts_one_unresolved' }, { name: 'enforcements_one_live' }]);
});
