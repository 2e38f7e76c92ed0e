import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { temporaryFolder } from './testing/test-postgres.ts';

let server: EmbeddedPostgres | undefined;
const folder = temporaryFolder();
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('four processes that start at once on an empty database make each table once, and all go on', async () => {
  server = await startEmbeddedPostgres({ dir: join(folder, 'postgres'), supervise: false });
  const url = server.url;
  const children = Array.from(
    { length: 4 },
    () => new TypescriptChild(new URL('./testing/migrate.child.ts', import.meta.url), [url]),
  );
  await eventually(() => children.every((one) => !one.running), 50_000);
  expect(children.map((one) => one.errors)).toEqual(['', '', '', '']);
  const applied = children.map((one) => JSON.parse(one.lines[0] ?? 'null') as string[]);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});
