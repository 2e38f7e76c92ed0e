import { parseArgs } from 'node:util';
import { startKongSim } from '@outrider/kong-sim/kong-sim';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from '@outrider/fleet/load';
import { leftInKong, readStored, settle, type Enforcement } from './reckoning.ts';

const USAGE = `usage: npm run test:faults [-- --kills N]

Kills Outrider with -9 under load at random moments (default 10 times) while enforcements come and go; then counts:
every acknowledged event is stored once, nothing is stored twice, no enforcement is left past its end.
`;
const BLOCK_S = 10;

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '10' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

let passed = 0;
let failed = 0;
const check = (guarantee: string, holds: boolean, detail: string): void => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${guarantee} (${detail})`);
  if (holds) passed++;
  else failed++;
};

const sim = await startKongSim({ propagationMs: 500 });
const outrider = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl, KONG_PROPAGATION_MS: '600' });
const { httpPort, tcpPort, ingestToken } = outrider;
const load = new Load({ targets: () => [{ httpPort, tcpPort }], token: ingestToken, eventsPerSecond: 2_000 });
try {
  const consumers = Array.from({ length: Number(values.kills) * 3 }, (_, i) => ({ username: `target-${i}` }));
  sim.seed({ consumers });
  const ids = sim.list('consumers').map((consumer) => String(consumer['id']));
  console.log(`start: ${Math.round(await outrider.start())} ms`);
  load.start();

  for (let kill = 0; kill < Number(values.kills); kill++) {
    // three blocks a round: each is somewhere between asked for and taken back when the process dies
    for (let i = 0; i < 3; i++) {
      await outrider.api('POST', '/v1/enforcements', {
        action: { kind: 'block-consumer', durationSeconds: BLOCK_S },
        entity: { kind: 'consumer', id: ids[kill * 3 + i] },
        reason: 'fault test',
      });
      await pause(Math.random() * 150);
    }
    await pause(Math.random() * 2_500);
    await outrider.kill();
    await pause(Math.random() * 1_500);
    console.log(
      `kill ${kill + 1}: back after ${Math.round(await outrider.start())} ms, ${load.acknowledged.size} acknowledged so far`,
    );
  }

  await pause(1_000);
  await load.stop();
  await settle(outrider);
  const { data } = await outrider.api<{ data: Enforcement[] }>('GET', '/v1/enforcements?limit=200');
  const late = data.filter((e) => e.state !== 'lifted');
  check(
    'no enforcement is left past its end',
    late.length === 0 && data.length === ids.length,
    `${data.length} made, ${late.length} not lifted`,
  );
  check('nothing of ours is left in Kong', leftInKong(sim) === 0, `${leftInKong(sim)} plugins left`);
  check(
    'no enforcement was applied twice',
    new Set(data.map((e) => e.entity.id)).size === data.length,
    `${data.length} enforcements`,
  );

  await outrider.stop();
  const stored = await readStored(outrider.dataDir);
  const missing = [...load.acknowledged].filter((id) => !stored.rows.has(id));
  const doubled = [...stored.rows.values()].filter((count) => count > 1).length;
  check(
    'every acknowledged event is stored',
    missing.length === 0,
    `${load.acknowledged.size} acknowledged, ${missing.length} missing`,
  );
  check('no event is stored twice', doubled === 0, `${stored.rows.size} stored, ${doubled} doubled`);
  check(
    'the aggregates count each event once',
    stored.aggregated === stored.rows.size,
    `${stored.aggregated} counted, ${stored.rows.size} stored`,
  );
  const tcp = [...load.written].filter((id) => stored.rows.has(id)).length;
  console.log(
    `tcp-log, which Kong does not repeat: ${tcp} of ${load.written.size} lines stored (those written while nobody listened are gone)`,
  );
} catch (error) {
  console.error(error);
  console.error(outrider.output);
  failed++;
} finally {
  await load.stop();
  await outrider.remove();
  await sim.stop();
}
console.log(`Tests: ${failed} failed, ${passed} passed, ${passed + failed} total`);
process.exit(failed === 0 ? 0 : 1);
