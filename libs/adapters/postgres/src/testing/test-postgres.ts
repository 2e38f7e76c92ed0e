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
  readonly server: EmbeddedPostgres;
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A real, migrated PostgreSQL of a spec's own. */
export const startTestPostgres = async (): Promise<TestPostgres> => {
  const folder = temporaryFolder();
  const server = await startEmbeddedPostgres({ dir: join(folder, 'postgres') });
  await migrateDeploy(server.url);
  return {
    server,
    url: server.url,
    folder,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
