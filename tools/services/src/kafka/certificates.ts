import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInPath } from '../machine/find-in-path.ts';
import { MissingEngineError } from '../machine/missing-engine.error.ts';
import { run } from '../machine/run.ts';

/** PEM files of a certificate authority of our own, a server's certificate for localhost and 127.0.0.1, and a client's. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Key and certificate in one file, as Kafka wants its PEM key store. */
  readonly serverStore: string;
}

const DAYS = '30';
const OPENSSL_MS = 30_000;
const SERVER_EXTENSIONS = 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n';
const CLIENT_EXTENSIONS = 'extendedKeyUsage=clientAuth\n';

/** Made once a folder; whole or not at all. */
export const makeCertificates = async (dir: string): Promise<Certificates> => {
  const folder = join(dir, 'tls');
  if (!existsSync(folder)) {
    const openssl = findInPath('openssl');
    if (openssl === undefined) throw new MissingEngineError('certificates need openssl, which is not in PATH');
    const nursery = `${folder}.new`;
    rmSync(nursery, { recursive: true, force: true });
    mkdirSync(nursery, { mode: 0o700 });
    await fill(nursery, openssl);
    renameSync(nursery, folder);
  }
  return {
    ca: join(folder, 'ca.pem'),
    cert: join(folder, 'client.pem'),
    key: join(folder, 'client.key'),
    serverStore: join(folder, 'server.store.pem'),
  };
};

const fill = async (folder: string, openssl: string): Promise<void> => {
  const call = async (...args: string[]): Promise<void> => {
    const { code, text } = await run(openssl, args, OPENSSL_MS, { cwd: folder });
    if (code !== 0) throw new Error(`openssl ${args[0] ?? ''} failed:\n${text}`);
  };
  const newKey = (name: string): Promise<void> =>
    call('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  await newKey('ca');
  await call(
    'req',
    '-x509',
    '-new',
    '-key',
    'ca.key',
    '-subj',
    '/CN=Outrider test CA',
    '-days',
    DAYS,
    '-out',
    'ca.pem',
  );
  for (const [name, extensions] of [
    ['server', SERVER_EXTENSIONS],
    ['client', CLIENT_EXTENSIONS],
  ] as const) {
    await newKey(name);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    await call('req', '-new', '-key', `${name}.key`, '-subj', `/CN=outrider-${name}`, '-out', `${name}.csr`);
    await call(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', DAYS, '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    );
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  writeFileSync(join(folder, 'server.store.pem'), read('server.key') + read('server.pem') + read('ca.pem'));
  for (const name of ['ca.key', 'server.key', 'client.key', 'server.store.pem']) chmodSync(join(folder, name), 0o600);
};
