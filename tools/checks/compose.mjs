// The Compose files say what is true: by the Compose schema, by what Docker Compose itself makes of them (where Go is at hand), by rules of
// ours, and each process's environment by the schema that the process reads it with. No Docker is needed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileSchema, root } from './lib/json-schema.mjs';
import { report } from './lib/report.mjs';
import { appOf, checkEnvironment, fileNames } from './lib/settings.mjs';
import { goTool } from './lib/tools.mjs';

const PROCESSES = ['collector', 'analyzer', 'responder', 'api'];
const SECRET = /(PASSWORD|TOKEN|SECRET|_KEY|_URL)$/;
const COMPOSE = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';

const read = (file) => parse(readFileSync(join(root, file), 'utf8'), { merge: true });
const schema = compileSchema(JSON.parse(readFileSync(join(root, 'tools/checks/schemas/compose-spec.json'), 'utf8')));

const dependenciesOf = (service) =>
  Array.isArray(service.depends_on)
    ? service.depends_on.map((name) => [name, { condition: 'service_started' }])
    : Object.entries(service.depends_on ?? {});
const sourceOf = (volume) => (typeof volume === 'string' ? volume.split(':')[0] : (volume.source ?? ''));
const targetOf = (volume) => (typeof volume === 'string' ? volume.split(':')[1] : (volume.target ?? ''));
/** `${NAME:-default}` as it is with an empty environment. */
const interpolated = (value) =>
  String(value ?? '').replace(/\$\{(\w+)(?::?-([^}]*))?\}/g, (_all, _name, other) => other ?? '');

/** Every image names its exact version, unless it is built here. */
const unpinned = ([name, { image, build }]) =>
  build !== undefined || /^[a-z0-9./-]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/.test(image ?? '')
    ? []
    : [`${name}: the image ${image ?? '(none)'} is not pinned to a version`];

const badDependencies = ([name, service], services) =>
  dependenciesOf(service).flatMap(([target, { condition }]) => {
    const other = services[target];
    if (other === undefined) return [`${name} depends on ${target}, which does not exist`];
    if (other.profiles !== undefined && !other.profiles.some((profile) => service.profiles?.includes(profile)))
      return [`${name} depends on ${target}, which is in a profile that ${name} is not in`];
    if (
      condition === 'service_healthy' &&
      (other.healthcheck?.test === undefined || other.healthcheck.disable === true)
    )
      return [`${name} waits for ${target} to be healthy, but it has no healthcheck`];
    if (condition === 'service_completed_successfully' && other.restart !== 'no')
      return [`${name} waits for ${target} to end, but it is started again whenever it does`];
    return [];
  });

const undeclared = (document) => {
  const used = { volumes: new Set(), networks: new Set() };
  const problems = [];
  for (const [name, service] of Object.entries(document.services)) {
    for (const volume of service.volumes ?? []) {
      const source = sourceOf(volume);
      if (/^[./]/.test(source)) {
        if (!existsSync(join(root, source))) problems.push(`${name} mounts ${source}, which is not in the tree`);
      } else used.volumes.add(source);
    }
    for (const network of Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {}))
      used.networks.add(network);
  }
  for (const kind of ['volumes', 'networks']) {
    const declared = new Set(Object.keys(document[kind] ?? {}));
    for (const name of used[kind]) if (!declared.has(name)) problems.push(`${kind}: ${name} is used but not declared`);
    for (const name of declared) if (!used[kind].has(name)) problems.push(`${kind}: ${name} is declared but not used`);
  }
  return problems;
};

const published = ([name, service]) =>
  (service.ports ?? [])
    .filter((port) => !/^127\.0\.0\.1:\d+:\d+(\/udp)?$/.test(String(port)))
    .map((port) => `${name} publishes ${JSON.stringify(port)} beyond loopback`);

/** No secret, and no address with one, is written into the file. */
const written = ([name, service]) =>
  Object.entries(service.environment ?? {})
    .filter(
      ([key, value]) =>
        SECRET.test(key) && /^[^$]/.test(String(value)) && (!key.endsWith('_URL') || /\/\/[^/]*@/.test(String(value))),
    )
    .map(([key]) => `${name}: ${key} is written into the file; it belongs into a volume of its own (${key}_FILE)`);

const hardened = ([name, service]) =>
  appOf(service.command) === undefined || (service.read_only === true && service.cap_drop?.includes('ALL'))
    ? []
    : [`${name} may write to its image or keeps capabilities`];

/** Holds the environments of our processes against their schemas, with the secrets that make-secrets.mjs makes. */
const environments = async (document, secrets) => {
  const problems = [];
  const started = new Set();
  const byFile = fileNames();
  const made = Object.fromEntries(
    (document.services.secrets?.volumes ?? []).map((v) => [sourceOf(v), targetOf(v).replace('/secrets/', '')]),
  );
  for (const [name, service] of Object.entries(document.services)) {
    const app = appOf(service.command);
    if (app === undefined) continue;
    started.add(app);
    const environment = {};
    for (const [key, raw] of Object.entries(service.environment ?? {})) {
      const plain = key.replace(/_FILE$/, '');
      if (!key.endsWith('_FILE') || key === 'GATEWAYS_FILE') environment[key] = interpolated(raw);
      else if (!byFile.has(plain)) problems.push(`${name}: ${key} is not read by deploy/docker/entrypoint.sh`);
      else {
        const mount = service.volumes?.find((volume) => String(raw).startsWith(`${targetOf(volume)}/`));
        const file = mount && join(secrets, made[sourceOf(mount)] ?? '-', String(raw).slice(targetOf(mount).length));
        if (file === undefined || !existsSync(file)) problems.push(`${name}: ${key} names ${raw}, which nothing makes`);
        else environment[plain] = readFileSync(file, 'utf8').trim();
      }
    }
    problems.push(...(await checkEnvironment(app, environment)).map((problem) => `${name}: ${problem}`));
  }
  for (const app of PROCESSES) if (!started.has(app)) problems.push(`no service starts ${app}`);
  return problems;
};

const rules = (document) => {
  const services = Object.entries(document.services);
  return [
    ...schema(document),
    ...services.flatMap(unpinned),
    ...services.flatMap((entry) => badDependencies(entry, document.services)),
    ...services.flatMap(published),
    ...services.flatMap(written),
    ...services.flatMap(hardened),
    ...undeclared(document),
  ];
};

const dockerfile = (text) => {
  const problems = [];
  for (const [, image] of text.matchAll(/^ARG \w*IMAGE=(\S+)$/gm))
    if (!/:\d+\.\d+\.\d+/.test(image)) problems.push(`Dockerfile: ${image} is not pinned`);
  for (const [, image] of text.matchAll(/^FROM (\S+)/gm))
    if (!image.startsWith('${') && !/:\d+\.\d+/.test(image)) problems.push(`Dockerfile: ${image} is not pinned`);
  const last = text.slice(text.lastIndexOf('\nFROM '));
  if (!/^USER [1-9]\d*/m.test(last))
    problems.push('Dockerfile: the last stage runs as root, or its user is not a number');
  if (!/^HEALTHCHECK/m.test(last)) problems.push('Dockerfile: no HEALTHCHECK');
  return problems;
};

const { ok, canary, note, end } = ((r) => ({ ok: r.ok, canary: r.canary.bind(r), note: r.note, end: r.end }))(
  report('compose'),
);
const secrets = mkdtempSync(join(tmpdir(), 'outrider-secrets-'));
process.on('exit', () => rmSync(secrets, { recursive: true, force: true }));
const made = spawnSync(process.execPath, ['deploy/compose/make-secrets.mjs', secrets, 'deploy/compose/kong.yaml'], {
  cwd: root,
  encoding: 'utf8',
});
ok('deploy/compose/make-secrets.mjs makes every secret', made.status === 0 ? [] : [made.stderr]);

const main = read('docker-compose.yml');
const embedded = read('docker-compose.embedded.yml');
ok('docker-compose.yml: schema and rules', rules(main));
ok('docker-compose.embedded.yml: schema and rules', rules(embedded));
ok('docker-compose.yml: the processes accept their environments', await environments(main, secrets));
const { command: _start, ...alone } = embedded.services.outrider;
ok(
  'docker-compose.embedded.yml: the process accepts its environment',
  await checkEnvironment(
    'outrider',
    Object.fromEntries(Object.entries(alone.environment).map(([k, v]) => [k, interpolated(v)])),
  ),
);
ok('Dockerfile', dockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8')));

const loader = goTool('compose-spec', COMPOSE, ['--version']);
if (loader === undefined)
  note("no Go here: the files were not loaded by Docker Compose's own loader, only held against its schema");
else
  for (const [file, profile] of [
    ['docker-compose.yml', ''],
    ['docker-compose.yml', 'scale'],
    ['docker-compose.embedded.yml', ''],
  ]) {
    const run = spawnSync(loader, [file], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, COMPOSE_PROFILES: profile },
    });
    ok(
      `${file} loads as Docker Compose does it${profile && `, profile ${profile}`}`,
      run.status === 0 ? [] : [run.stderr.trim()],
    );
  }

const mutated = (change) => {
  const copy = structuredClone(main);
  change(copy.services, copy);
  return copy;
};
canary('an unknown key', rules(mutated((s) => (s.api.enviroment = {}))), /unevaluated propert/);
canary('an image without a version', rules(mutated((s) => (s.redis.image = 'redis'))), /not pinned/);
canary('latest', rules(mutated((s) => (s.redis.image = 'redis:latest'))), /not pinned/);
canary('a dependency that is not there', rules(mutated((s) => (s.api.depends_on = ['nobody']))), /does not exist/);
canary('healthy without a healthcheck', rules(mutated((s) => delete s.kafka.healthcheck)), /has no healthcheck/);
canary('a one-shot that never ends', rules(mutated((s) => (s.secrets.restart = 'always'))), /started again/);
canary(
  'a dependency outside the profile',
  rules(mutated((s) => (s.kong.depends_on = { balancer: { condition: 'service_started' } }))),
  /in a profile/,
);
canary('an undeclared volume', rules(mutated((s) => s.redis.volumes.push('other:/x'))), /not declared/);
canary('an undeclared network', rules(mutated((s) => s.redis.networks.push('other'))), /not declared/);
canary(
  'a mount that is not in the tree',
  rules(mutated((s) => s.redis.volumes.push('./nowhere:/x'))),
  /not in the tree/,
);
canary('the Admin API for all', rules(mutated((s) => (s.kong.ports = ['8001:8001']))), /beyond loopback/);
canary(
  'a password in the file',
  rules(mutated((s) => (s.postgres.environment.POSTGRES_PASSWORD = 'hunter2'))),
  /written into the file/,
);
canary(
  'a password in an address',
  rules(mutated((s) => (s.api.environment.DATABASE_URL = 'postgres://a:b@c/d'))),
  /written into the file/,
);
canary('a process that may write', rules(mutated((s) => (s.api.read_only = false))), /may write/);
for (const [what, name, value, expected] of [
  ['an unknown setting', 'KAFKA_PARTITION', '3', /KAFKA_PARTITION is no setting/],
  ['a refused value', 'COLLECT_TCP_PORT', '99999', /COLLECT_TCP_PORT/],
  ['a bus that is not shared', 'BUS_URL', 'file:///x', /BUS_URL/],
  ['keys that every process would make for itself', 'OUTRIDER_KEYS', '', /FINGERPRINT_KEY/],
  ['a secret that nothing makes', 'INGEST_TOKEN_FILE', '/var/lib/outrider/nothing', /which nothing makes/],
  ['a _FILE that is not read', 'LOG_LEVEL_FILE', '/x', /not read by/],
])
  canary(
    what,
    await environments(
      mutated((s) => (s.collector.environment = { ...s.collector.environment, [name]: value })),
      secrets,
    ),
    expected,
  );
canary(
  'a needed address is missing',
  await environments(
    mutated((s) => (s.api.environment = { ...s.api.environment, DATABASE_URL_FILE: undefined })),
    secrets,
  ),
  /DATABASE_URL/,
);
canary(
  'a process that nobody starts',
  await environments(
    mutated((s) => delete s.responder),
    secrets,
  ),
  /no service starts responder/,
);
canary(
  'an image that runs as root',
  dockerfile('FROM node:20.20.2\n\nFROM node:20.20.2\nHEALTHCHECK x'),
  /runs as root/,
);
end();
