import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { Checks } from '@outrider/fleet/checks';
import { install, type Installation } from '@outrider/fleet/installation';
import { startServices, type Services } from '@outrider/services/start-services';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from '@outrider/fleet/load';
import { BusReader } from './bus-ids.ts';
import { Commands } from './commands.ts';
import { diskFull, type DiskOutcome } from './disk-full.ts';
import { PHASES, type Phase, type Stage } from './phase.ts';
import { reckon, residentMb, settle } from './reckoning.ts';
import { reportOf, type MemoryLine, type PhaseResult } from './report.ts';

const USAGE = `usage: npm run test:faults:services [-- options]

  --scale N       repetitions and outages, 1 = all (default), 0.2 = a short run
  --only NAMES    comma-separated beginnings of phases' names
  --rate N        events/s over http-log (default 2000)
  --report FILE   writes the report there
  --list          names the phases

Breaks one thing after another under load, with separate processes on real engines, and counts after each what is lost, doubled or left
behind. All must be 0.
`;
const TENANT_GUARD = { capPerHour: 100_000 };
const ATTACK_TRIES = 60;
/** An analyzer remembers the ids of 15 minutes (about 50 bytes each), which the first phase has only just begun to fill. */
const MEMORY_TIMES = 1.5;
const MEMORY_MB = 128;
const ATTACK_MS = 15_000;
const TARGETS_A_PHASE = 80;

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    only: { type: 'string' },
    rate: { type: 'string', default: '2000' },
    report: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const scale = Number(values.scale);
const rate = Number(values.rate);
if (values.help || values.list || !(scale > 0) || !(rate > 0)) {
  console.log(values.list ? PHASES.map(({ name, what }) => `${name}: ${what}`).join('\n') : USAGE);
  process.exit(values.help || values.list ? 0 : 2);
}
const wanted = values.only?.split(',');
const phases = PHASES.filter(({ name }) => wanted?.some((start) => name.startsWith(start)) ?? true);

const checks = new Checks();
let attackers = 0;

const runPhase = async (phase: Phase, stage: Omit<Stage, 'did'>, bus: BusReader): Promise<PhaseResult> => {
  const { installation } = stage;
  const { fleet, sim } = installation;
  const since = Date.now();
  const from = await bus.ends();
  const callsBefore = sim.adminLog.length;
  const seeded = Array.from({ length: TARGETS_A_PHASE }, (_, i) => ({ username: `target-${since}-${i}` }));
  sim.seed({ consumers: seeded });
  const targets = sim
    .list('consumers')
    .filter(({ username }) => String(username).startsWith(`target-${since}`))
    .map(({ id }) => String(id));
  const load = new Load({
    targets: () => fleet.of('collector').map(({ ports }) => ({ httpPort: ports.http ?? 0, tcpPort: ports.tcp ?? 0 })),
    token: fleet.ingestToken,
    eventsPerSecond: rate,
  });
  const commands = new Commands(installation, targets);
  const attacker = `203.0.113.${++attackers}`;
  const done: string[] = [];
  load.start();
  await pause(3_000);
  commands.start();
  const attack = load.attack(attacker, ATTACK_TRIES, ATTACK_MS);
  await phase.run({ ...stage, did: (what) => void done.push(what) });
  await attack;
  await commands.stop();
  await pause(2_000);
  await load.stop();
  const settledAfterMs = await settle(installation, bus, since);
  const { blocked } = commands;
  const told = { since, from, load, attackers: [attacker], blocked, settledAfterMs, callsBefore };
  return { phase, done, reckoning: await reckon(installation, bus, told) };
};

const hold = ({ phase, done, reckoning: r }: PhaseResult): void => {
  const at = (what: string): string => `${phase.name}: ${what}`;
  checks.that(
    at('every acknowledged entry is stored'),
    r.acknowledgedMissing === 0 && r.acknowledged > 0,
    `${r.acknowledged} acknowledged, ${r.acknowledgedMissing} missing`,
  );
  checks.that(
    at('every event on the bus is stored'),
    r.busMissing === 0,
    `${r.onBus} on the bus in ${r.rowsOnBus} rows, ${r.busMissing} missing`,
  );
  checks.that(
    at('no event is stored twice or comes from nowhere'),
    r.storedDoubled + r.storedUnknown === 0,
    `${r.stored} stored, ${r.storedDoubled} twice, ${r.storedUnknown} unknown`,
  );
  checks.that(at('the aggregates count each event once'), r.aggregatesOff === 0, `off by ${r.aggregatesOff}`);
  checks.that(
    at('each attack is one alert'),
    r.alertsMissing + r.alertsDoubled + r.alertsUnexpected === 0,
    `${r.alertsExpected} due, ${r.alertsMissing} missing, ${r.alertsDoubled} doubled, ${r.alertsUnexpected} unexpected`,
  );
  checks.that(
    at('each command is one enforcement, applied once'),
    r.enforcementsMissing + r.appliedDoubled === 0,
    `${r.enforcements} enforcements, ${r.enforcementsMissing} missing, ${r.appliedDoubled} doubled`,
  );
  checks.that(
    at('no enforcement is left past its end'),
    r.enforcementsLeft + r.leftInKong === 0,
    `${r.enforcementsLeft} not lifted, ${r.leftInKong} plugins left in Kong`,
  );
  for (const call of r.doubledCalls) console.log(`     ${call}`);
  console.log(
    `     ${done.length} faults; tcp-log ${r.tcpStored} of ${r.tcpWritten}; worked off after ${Math.round(r.settledAfterMs / 1_000)} s`,
  );
};

const memoryOf = ({ fleet }: Installation): Map<string, number> =>
  new Map(fleet.processes.map((process) => [process.name, residentMb(process.pid)]));

const prepare = async (services: Services): Promise<Installation> => {
  const installation = await install(services, {
    name: 'faults',
    number: 0,
    counts: { collector: 2, analyzer: 2, responder: 2, api: 2 },
    propagationMs: 500,
  });
  const { fleet } = installation;
  await fleet.start();
  await fleet.api('PATCH', '/v1/guard-rails', TENANT_GUARD);
  await fleet.api('POST', '/v1/policies', {
    name: 'key guessing',
    match: { types: ['brute-force'], minConfidence: 0.8 },
    actions: [{ kind: 'block-address', durationSeconds: 15 }],
  });
  return installation;
};

const results: PhaseResult[] = [];
const memory: MemoryLine[] = [];
let services: Services | undefined;
let installation: Installation | undefined;
const end = async (): Promise<void> => {
  await installation?.remove();
  await services?.stop();
};
process.once('SIGINT', () => void end().finally(() => process.exit(130)));
try {
  services = await startServices({ log: (line) => console.log(`     ${line}`) });
  installation = await prepare(services);
  const bus = new BusReader(services.environment['BUS_URL'] ?? '', 'faults.');
  let before: Map<string, number> | undefined;
  for (const phase of phases) {
    console.log(`\n=== ${phase.name}: ${phase.what}`);
    const failedBefore = checks.failed;
    const result = await runPhase(phase, { services, installation, scale }, bus);
    results.push(result);
    hold(result);
    before ??= memoryOf(installation);
    if (checks.failed > failedBefore) console.log(installation.fleet.tails(12));
  }
  for (const [name, afterMb] of memoryOf(installation)) {
    const beforeMb = before?.get(name) ?? 0;
    memory.push({ process: name, beforeMb, afterMb });
    // A selection of phases has no steady load before and after, with which memory could be compared.
    if (phases.length < PHASES.length) continue;
    checks.that(
      `memory of ${name} is back where it was`,
      afterMb <= beforeMb * MEMORY_TIMES + MEMORY_MB,
      `${beforeMb} MB, then ${afterMb} MB`,
    );
  }
} catch (error) {
  console.error(error);
  console.error(installation?.fleet.tails() ?? '');
  checks.failed++;
} finally {
  await end();
}

const disk: DiskOutcome = await diskFull(rate);
checks.that(
  'a full disk under the embedded bus loses nothing that was acknowledged',
  disk.missing + disk.doubled === 0,
  disk.lines.join(' '),
);
if (values.report) {
  const only = values.only === undefined ? '' : ` --only '${values.only}'`;
  const command = `npm run test:faults:services -- --scale ${scale} --rate ${rate}${only} --report ${values.report}`;
  const text = reportOf(results, memory, { eventsPerSecond: rate, command, disk: disk.lines });
  writeFileSync(
    values.report,
    await format(text, { ...(await resolveConfig(values.report)), filepath: values.report }),
  );
  console.log(`report: ${values.report}`);
}
console.log(checks.summary);
process.exit(checks.failed === 0 ? 0 : 1);
