import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { eventually } from '@outrider/testing/eventually';
import pg from 'pg';
import { openPostgres } from './open-postgres.ts';
import { startTestPostgres, type TestPostgres } from './testing/test-postgres.ts';

let server: TestPostgres;
const certificates = mkdtempSync(join(tmpdir(), 'outrider-tls-'));

/** A certificate for `localhost` alone, signed by itself. */
const certificate = (name: string): { readonly crt: string; readonly key: string } => {
  const crt = join(certificates, `${name}.crt`);
  const key = join(certificates, `${name}.key`);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', crt, ...subject];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { crt, key };
};

beforeAll(async () => {
  server = await startTestPostgres();
  const { crt, key } = certificate('server');
  const admin = new pg.Client(server.url);
  await admin.connect();
  const data = await admin.query<{ data_directory: string }>('show data_directory');
  // the server reads a key only if it is its own
  const { uid, gid } = statSync(data.rows[0]?.data_directory ?? '');
  chmodSync(certificates, 0o711);
  chownSync(key, uid, gid);
  chmodSync(key, 0o600);
  chmodSync(crt, 0o644);
  await admin.query(`alter system set ssl_cert_file = '${crt}'`);
  await admin.query(`alter system set ssl_key_file = '${key}'`);
  await admin.query('alter system set ssl = on');
  await admin.query('select pg_reload_conf()');
  await admin.end();
  const ca = encodeURIComponent(crt);
  await eventually(async () => (await opens('localhost', `sslmode=verify-full&sslrootcert=${ca}`)) === 'open');
});
afterAll(async () => {
  await server?.stop();
  rmSync(certificates, { recursive: true, force: true });
});

const opens = async (host: string, query: string): Promise<string> => {
  const url = new URL(server.url);
  url.hostname = host;
  const store = openPostgres({ url: `${url.href}?${query}`, max: 1, sealingKeys: [randomBytes(32)] });
  try {
    await store.ping();
    return 'open';
  } catch (error) {
    return error instanceof Error ? error.name : 'no error';
  } finally {
    await store.close();
  }
};

test('a server is believed only with a certificate that the given authority has signed, for its name', async () => {
  const ca = encodeURIComponent(join(certificates, 'server.crt'));
  certificate('stranger');
  const stranger = encodeURIComponent(join(certificates, 'stranger.crt'));
  expect(await opens('localhost', `sslmode=verify-full&sslrootcert=${ca}`)).toBe('open');
  expect(await opens('localhost', `sslmode=verify-full&sslrootcert=${stranger}`)).not.toBe('open');
  expect(await opens('localhost', 'sslmode=verify-full')).not.toBe('open');
  expect(await opens('127.0.0.1', `sslmode=verify-full&sslrootcert=${ca}`)).not.toBe('open');
});
