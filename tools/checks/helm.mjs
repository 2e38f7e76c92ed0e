// The Helm chart: lint, rendering with several sets of values, Kubernetes' own validation of what comes out (schemas inside kubectl-validate,
// no cluster), rules of ours, and each process's environment by the schema that it reads it with. Where helm cannot be had, only the
// values are held against the chart's schema, and the last lines say so.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { compileSchema, root } from './lib/json-schema.mjs';
import { report } from './lib/report.mjs';
import { appOf, checkEnvironment } from './lib/settings.mjs';
import { goTool } from './lib/tools.mjs';

const CHART = 'deploy/helm/outrider';
const SETS = ['ci/minimal.yaml', 'ci/everything.yaml', 'values-dev.yaml'];
const HELM = 'helm.sh/helm/v3/cmd/helm@v3.18.6';
const VALIDATE = 'sigs.k8s.io/kubectl-validate@v0.0.4';
const KUBERNETES = '1.30';
/** What the Secrets of an installation would hold. */
const SECRETS = {
  FINGERPRINT_KEY: 'ab'.repeat(32),
  SECRETS_KEY: 'cd'.repeat(32),
  INGEST_TOKEN: 'ef'.repeat(16),
  API_ADMIN_TOKEN: '01'.repeat(16),
  CLICKHOUSE_URL: 'https://outrider:pw@clickhouse:8443/outrider',
  DATABASE_URL: 'postgresql://outrider:pw@postgres:5432/outrider',
  REDIS_URL: 'rediss://:pw@redis:6379/0',
  KAFKA_PASSWORD: 'pw',
  KONG_ADMIN_TOKEN: 'token',
};

const { ok, canary, note, end } = ((r) => ({ ok: r.ok, canary: r.canary.bind(r), note: r.note, end: r.end }))(
  report('helm'),
);
const text = (file) => readFileSync(join(root, CHART, file), 'utf8');

const merged = (base, over) => {
  if (over === undefined || over === null || Array.isArray(over) || typeof over !== 'object') return over ?? base;
  const both = { ...base };
  for (const [key, value] of Object.entries(over)) both[key] = merged(base?.[key], value);
  return both;
};
const values = parse(text('values.yaml'));
const valid = compileSchema(JSON.parse(text('values.schema.json')));
for (const set of SETS) ok(`${set} fits values.schema.json`, valid(merged(values, parse(text(set)))));
const minimal = merged(values, parse(text('ci/minimal.yaml')));
canary('values without a Secret', valid(values), /existingSecret|secrets/);
canary('a slip in a name', valid(merged(minimal, { collector: { replica: 3 } })), /additional properties/);
canary('a secret in the settings', valid(merged(minimal, { settings: { SECRETS_KEY: 'x' } })), /NOT be valid/);
canary(
  'a password in the address of the bus',
  valid(merged(minimal, { bus: { url: 'kafka://u:p@kafka' } })),
  /pattern/,
);
const chart = parse(text('Chart.yaml'));
ok(
  'the chart carries the version of the product',
  chart.appVersion === JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
    ? []
    : ['appVersion differs from package.json'],
);

const helm = goTool('helm', HELM, ['version']);
if (helm === undefined) {
  note('neither helm nor Go here: the templates were NOT rendered, only values were checked');
  end();
}

const dir = mkdtempSync(join(tmpdir(), 'outrider-helm-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const run = (command, args) => spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: 120_000 });
const render = (set, ...more) => {
  const { status, stdout, stderr } = run(helm, [
    'template',
    'o',
    CHART,
    '-f',
    join(CHART, set),
    '--kube-version',
    `${KUBERNETES}.0`,
    ...more,
  ]);
  return {
    problems: status === 0 ? [] : [stderr.trim()],
    documents: parseAllDocuments(stdout)
      .map((d) => d.toJS())
      .filter(Boolean),
  };
};

/** Rules of ours for what is rendered. */
const rules = (documents) => {
  const problems = [];
  const find = (kind, name) => documents.find((d) => d.kind === kind && d.metadata.name === name);
  const deployments = documents.filter((d) => d.kind === 'Deployment');
  if (deployments.length !== 4) problems.push(`${deployments.length} Deployments instead of 4`);
  for (const { metadata, spec } of deployments) {
    const say = (problem) => problems.push(`${metadata.name}: ${problem}`);
    const pod = spec.template.spec;
    const [container] = pod.containers;
    const security = container.securityContext ?? {};
    if (pod.securityContext?.runAsNonRoot !== true || pod.securityContext.seccompProfile?.type !== 'RuntimeDefault')
      say('may run as root or without seccomp');
    if (
      security.readOnlyRootFilesystem !== true ||
      security.allowPrivilegeEscalation !== false ||
      !security.capabilities?.drop?.includes('ALL')
    )
      say('may write to its image, gain privileges or keeps capabilities');
    if (pod.automountServiceAccountToken !== false) say('has a token of the cluster');
    const ports = new Set(container.ports.map(({ name }) => name));
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      if (!ports.has(container[probe]?.httpGet?.port)) say(`${probe} asks a port that the container does not have`);
    if (container.resources?.requests?.memory === undefined || container.resources.limits?.memory === undefined)
      say('has no bound of memory');
    if (pod.terminationGracePeriodSeconds <= 25) say('is killed before its orderly stop (25 s) is over');
    const volumes = new Set((pod.volumes ?? []).map(({ name }) => name));
    for (const mount of container.volumeMounts ?? [])
      if (!volumes.has(mount.name)) say(`mounts ${mount.name}, which is no volume`);
    for (const { name, value } of container.env)
      if (
        /^\/etc\/outrider\//.test(value ?? '') &&
        !container.volumeMounts.some((m) => `${value}/`.startsWith(`${m.mountPath}/`))
      )
        say(`${name} names ${value}, which is not mounted`);
    if (find('PodDisruptionBudget', metadata.name) === undefined) say('has no PodDisruptionBudget');
    for (const { kind, spec: other } of documents.filter(
      (d) => d.metadata.name.startsWith(metadata.name) && (d.kind === 'Service' || d.kind === 'PodDisruptionBudget'),
    )) {
      const selector = other.selector?.matchLabels ?? other.selector;
      if (Object.entries(selector).some(([k, v]) => spec.template.metadata.labels[k] !== v))
        say(`its ${kind} selects other pods`);
      for (const port of kind === 'Service' ? other.ports : [])
        if (!ports.has(port.targetPort))
          say(`its Service leads to ${port.targetPort}, which is no port of the container`);
    }
  }
  return problems;
};

const environments = async (documents) => {
  const problems = [];
  for (const { metadata, spec } of documents.filter((d) => d.kind === 'Deployment')) {
    const [container] = spec.template.spec.containers;
    const app = appOf(container.args);
    if (app === undefined) problems.push(`${metadata.name} starts none of the processes`);
    else {
      const names = container.env.map(({ name }) => name);
      for (const name of new Set(names))
        if (names.filter((n) => n === name).length > 1) problems.push(`${app}: ${name} is set twice`);
      const environment = Object.fromEntries(
        container.env.map(({ name, value, valueFrom }) => [name, valueFrom ? SECRETS[name] : value]),
      );
      problems.push(...(await checkEnvironment(app, environment)));
    }
  }
  return problems;
};

const kubectlValidate = goTool('kubectl-validate', VALIDATE, ['--help']);
const asKubernetesSees = (documents) => {
  const file = join(dir, 'rendered.yaml');
  // ServiceMonitor is of the Prometheus operator, whose schema is not among Kubernetes' own.
  writeFileSync(
    file,
    documents
      .filter((d) => d.kind !== 'ServiceMonitor')
      .map((d) => stringify(d))
      .join('---\n'),
  );
  const { status, stdout, stderr } = run(kubectlValidate, [file, '--version', KUBERNETES]);
  return status === 0
    ? []
    : `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '' && !/\.\.\.OK$/.test(line));
};
if (kubectlValidate === undefined)
  note('kubectl-validate cannot be had here: what was rendered was not validated by the schemas of Kubernetes');

let all = [];
for (const set of SETS) {
  const lint = run(helm, ['lint', CHART, '--strict', '-f', join(CHART, set)]);
  ok(`helm lint, ${set}`, lint.status === 0 ? [] : [`${lint.stdout}${lint.stderr}`.trim()]);
  const { problems, documents } = render(set);
  ok(`helm template, ${set}: ${documents.length} objects`, problems);
  ok(`  rules`, rules(documents));
  ok(`  the processes accept their environments`, await environments(documents));
  if (kubectlValidate !== undefined) ok(`  valid for Kubernetes ${KUBERNETES}`, asKubernetesSees(documents));
  if (set === 'ci/everything.yaml') all = documents;
}

const mutated = (change) => {
  const copy = structuredClone(all);
  change(copy.find((d) => d.kind === 'Deployment' && d.metadata.name.endsWith('collector')).spec.template.spec, copy);
  return copy;
};
canary(
  'an analyzer more than partitions',
  render('ci/everything.yaml', '--set', 'bus.partitions=2').problems,
  /above bus.partitions/,
);
canary('a missing address', render('values-dev.yaml', '--set', 'bus.url=').problems, /bus.?\/?url/);
canary(
  'a pod that may write',
  rules(mutated((p) => (p.containers[0].securityContext.readOnlyRootFilesystem = false))),
  /may write/,
);
canary(
  'a probe of nothing',
  rules(mutated((p) => (p.containers[0].readinessProbe.httpGet.port = 'web'))),
  /readinessProbe/,
);
canary(
  'a file that is not mounted',
  rules(mutated((p) => p.containers[0].volumeMounts.splice(2))),
  /which is not mounted/,
);
canary('a killed stop', rules(mutated((p) => (p.terminationGracePeriodSeconds = 10))), /orderly stop/);
canary(
  'a Service that leads nowhere',
  rules(mutated((_p, docs) => (docs.find((d) => d.kind === 'Service').spec.ports[0].targetPort = 'x'))),
  /no port of the container/,
);
canary(
  'an unknown setting',
  await environments(mutated((p) => p.containers[0].env.push({ name: 'COLLECT_TCPPORT', value: '1' }))),
  /is no setting of collector/,
);
canary(
  'a refused value',
  await environments(mutated((p) => (p.containers[0].env.find((e) => e.name === 'BUS_URL').value = 'amqp://x'))),
  /BUS_URL/,
);
if (kubectlValidate !== undefined) {
  canary(
    'an unknown field',
    asKubernetesSees(mutated((p) => (p.containers[0].enviroment = []))),
    /unknown field|enviroment/,
  );
  canary(
    'a wrong type',
    asKubernetesSees(mutated((p) => (p.containers[0].ports[0].containerPort = 'a'))),
    /containerPort/,
  );
}
end();
