// Makes every secret of docker-compose.yml that is not there yet. Runs at each start and changes nothing that exists.
// One folder below /secrets is one volume; each is mounted only by those who need it. Modes: the images run as users of their own, so
// most files are readable by whoever has the volume.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = process.argv[2] ?? '/secrets';
const DECK_FILE = process.argv[3] ?? '/deploy/kong.yaml';
const NODE_USER = 1000;
const root = process.getuid?.() === 0;

/** Whole or not at all: written beside, then renamed. */
const write = (path, text, { owner, mode = 0o444 } = {}) => {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, mode);
  if (owner !== undefined && root) chownSync(temporary, owner, owner);
  renameSync(temporary, path);
};

/** The secret at `path`, made now if there is none. */
const keep = (path, make, options) => {
  if (!existsSync(path)) write(path, `${make()}\n`, options);
  return readFileSync(path, 'utf8').trim();
};

const hex = (bytes) => () => randomBytes(bytes).toString('hex');
const at = (...parts) => join(ROOT, ...parts);
/** Outrider's own user reads these, nobody else. */
const ours = { owner: NODE_USER, mode: 0o400 };

// Keys that all processes of Outrider must share; the names are those under which it would make them itself.
for (const name of ['fingerprint.key', 'secrets.key']) keep(at('outrider/keys', name), hex(32), ours);
keep(at('outrider/keys/ingest-token'), hex(32), ours);
for (const dir of ['outrider', 'outrider/keys']) {
  if (root) chownSync(at(dir), NODE_USER, NODE_USER);
  chmodSync(at(dir), 0o700);
}

keep(at('postgres/superuser'), hex(24));
const outrider = keep(at('postgres/outrider'), hex(24));
const kong = keep(at('kong/password'), hex(24));
write(at('postgres/kong'), `${kong}\n`);
const clickhouse = keep(at('clickhouse/password'), hex(24));
const redis = keep(at('redis/password'), hex(24));
write(at('redis/redis.conf'), `requirepass ${redis}\nappendonly yes\nmaxmemory-policy noeviction\ndir /data\n`);

write(at('stores/database-url'), `postgresql://outrider:${outrider}@postgres:5432/outrider\n`, ours);
write(at('stores/clickhouse-url'), `http://outrider:${clickhouse}@clickhouse:8123/outrider\n`, ours);
write(at('stores/redis-url'), `redis://:${redis}@redis:6379/0\n`, ours);
keep(at('stores/api-admin-token'), hex(32), ours);

const demo = {
  DECK_SHOP_APP_KEY: keep(at('stores/demo-shop-app-key'), hex(16), ours),
  DECK_PARTNER_KEY: keep(at('stores/demo-partner-key'), hex(16), ours),
};
write(at('stores/demo-keys'), `shop-app ${demo.DECK_SHOP_APP_KEY}\npartner  ${demo.DECK_PARTNER_KEY}\n`, ours);
const filled = readFileSync(DECK_FILE, 'utf8').replace(/\$\{\{ env "(\w+)" \}\}/g, (all, name) => demo[name] ?? all);
write(at('deck/kong.yaml'), filled);

console.log('secrets are in place; the admin token: docker compose exec api cat /run/outrider/api-admin-token');
