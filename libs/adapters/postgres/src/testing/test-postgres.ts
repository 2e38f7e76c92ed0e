import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { migrateDeploy } from '../migrate-deploy.ts';

/** A folder that the user PostgreSQL runs as may enter; `mkdtemp` alone makes it 0700. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'outrider-postgres-'));
  chmodSync(folder, 0o711);
  return folder;
};

export interface TestPostgres {
  /** Not supervised: a spec that kills it starts it again itself. */
  server: EmbeddedPostgres;
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A real, migrated PostgreSQL of a spec's own. */
export const startTestPostgres = async (): Promise<TestPostgres> => {
  const folder = temporaryFolder();
  const server = await startEmbeddedPostgres({ dir: join(folder, 'postgres'), supervise: false });
  await migrateDeploy(server.url);
  const test: TestPostgres = {
    server,
    url: server.url,
    folder,
    stop: async () => {
      await test.server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return test;
};
