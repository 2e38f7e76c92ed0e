import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

const START_MS = 60_000; // WAL recovery of a large database included

/** Waits until PostgreSQL lets us in; false when `isOver` says that waiting is vain, the password is wrong, or it took too long. */
export const answers = async (url: string, isOver: () => boolean): Promise<boolean> => {
  const deadline = Date.now() + START_MS;
  while (!isOver() && Date.now() < deadline) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (isWrongPassword(error)) return false;
      await pause(15);
    }
  }
  return false;
};

const isWrongPassword = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '28P01';

export const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? found(address.port) : failed(new Error('no port')),
      );
    });
  });
