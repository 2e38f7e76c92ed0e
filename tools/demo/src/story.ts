import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { DEMO_CONSUMERS } from '@outrider/kong-sim/seed/demo-seed';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';
import { call, habitsOf, live, loop, type Habit } from './traffic.ts';

const CALM_S = 45;
const BLOCK_S = 20;
const THIEF = 'partner-north';

/** What must have happened for the demo to count as passed. */
export interface Outcome {
  alert: boolean;
  block: boolean;
  refusals: boolean;
  release: boolean;
  /** Blocks or alerts of anybody else. */
  bystanders: number;
}

export type Say = (line: string) => void;

/** The whole story on a stage of its own; `linger` keeps it running afterwards until the promise it returns resolves. */
export const tellStory = async (say: Say, linger: (stage: Stage) => Promise<void>): Promise<Outcome> => {
  const sim = await startKongSim({ trustedIps: ['127.0.0.1'] });
  sim.seed(estate(sim.upstreamUrl));
  say(`Kong (a stand-in) proxies at ${sim.proxyUrl}, its Admin API is ${sim.adminUrl}`);
  const outrider = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl });
  try {
    const startedInMs = await outrider.start();
    say(`Outrider is up at ${outrider.apiUrl} after ${(startedInMs / 1000).toFixed(1)} s, on empty data`);
    const stage = await connect(sim, outrider, say);
    const outcome = await play(stage, say);
    await linger(stage);
    return outcome;
  } finally {
    await outrider.remove();
    await sim.stop();
  }
};

export interface Stage {
  readonly sim: KongSim;
  readonly outrider: OutriderProcess;
}

const estate = (upstreamUrl: string) => ({
  services: [
    {
      name: 'shop',
      url: upstreamUrl,
      routes: [{ name: 'shop-api', paths: ['/api'], plugins: [{ name: 'key-auth' }] }],
    },
  ],
  consumers: DEMO_CONSUMERS.map((username) => ({
    username,
    custom_id: `c-${username}`,
    keyauth_credentials: [{ key: `key-${username}` }],
  })),
});

const connect = async (sim: KongSim, outrider: OutriderProcess, say: Say): Promise<Stage> => {
  const response = await fetch(`${sim.adminUrl}/plugins`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'tcp-log',
      instance_name: 'outrider',
      config: { host: '127.0.0.1', port: outrider.tcpPort },
    }),
  });
  if (response.status !== 201) throw new Error(`Kong refused tcp-log: ${await response.text()}`);
  sim.propagate();
  await outrider.api('POST', '/v1/policies', {
    name: 'block runaway consumers',
    match: { types: ['request-spike'], entityKinds: ['consumer'], minSeverity: 'medium' },
    actions: [{ kind: 'block-consumer', durationSeconds: BLOCK_S, status: 403, message: 'Blocked for abuse' }],
  });
  say(`Policy: a request spike of at least medium severity blocks the consumer for ${BLOCK_S} s`);
  return { sim, outrider };
};

const play = async ({ sim, outrider }: Stage, say: Say): Promise<Outcome> => {
  const habits = habitsOf(DEMO_CONSUMERS);
  const lives = habits.map((habit) => live(sim.proxyUrl, habit));
  try {
    say(
      `${habits.length} consumers live normally, ${habits.reduce((sum, h) => sum + h.rate, 0).toFixed(0)} requests a second in all …`,
    );
    await wait(CALM_S * 1000);
    const before = await list(outrider, '/v1/alerts');
    say(`${CALM_S} s later: ${before.length} alerts`);
    const outcome = await attack(sim, outrider, habits.find((h) => h.consumer === THIEF) as Habit, say);
    const alerts = await list(outrider, '/v1/alerts');
    const blocks = await list(outrider, '/v1/enforcements');
    const others = [...alerts, ...blocks].filter((row) => !isOf(row, THIEF));
    outcome.bystanders = others.length;
    for (const row of others) say(`         ${JSON.stringify(row).slice(0, 600)}`);
    say(
      outcome.bystanders === 0 ? 'Nobody else was touched' : `WRONG: ${outcome.bystanders} alerts or blocks of others`,
    );
    return outcome;
  } finally {
    for (const one of lives) one.stop();
  }
};

const attack = async (sim: KongSim, outrider: OutriderProcess, thief: Habit, say: Say): Promise<Outcome> => {
  const outcome: Outcome = { alert: false, block: false, refusals: false, release: false, bystanders: 0 };
  const began = Date.now();
  const since = (): string => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  let firstRefusal: number | undefined;
  say(`\n${THIEF} goes into a loop: for i in $(seq 100000); do curl -H 'apikey: …' ${sim.proxyUrl}/api/orders/1; done`);
  const running = loop(sim.proxyUrl, thief, (status) => {
    if (status === 403) firstRefusal ??= Date.now();
  });
  try {
    const alert = await first(outrider, '/v1/alerts', (a) => isOf(a, THIEF), 60_000);
    if (!alert) return outcome;
    outcome.alert = true;
    say(
      `+${since()}  ALERT ${String(alert['type'])} (${String(alert['severity'])}, confidence ${Number(alert['confidence']).toFixed(2)})\n         ${String(alert['explanation'])}`,
    );
    const blocked = await first(
      outrider,
      '/v1/enforcements',
      (e) => isOf(e, THIEF) && ['applied', 'effective'].includes(String(e['state'])),
      30_000,
    );
    if (!blocked) return outcome;
    outcome.block = true;
    say(
      `+${since()}  BLOCK accepted by Kong: ${(blocked['changes'] as { why: string }[]).map((c) => c.why).join('; ')}`,
    );
    for (const gap of blocked['gaps'] as string[]) say(`         not covered: ${gap}`);
    await until(() => firstRefusal !== undefined, 15_000);
    if (firstRefusal === undefined) return outcome;
    outcome.refusals = true;
    say(`+${((firstRefusal - began) / 1000).toFixed(1)} s  the first 403 (Kong applies plugin changes within 5 s)`);
    const effective = await first(
      outrider,
      '/v1/enforcements',
      (e) => isOf(e, THIEF) && e['state'] === 'effective',
      15_000,
    );
    if (effective) say(`+${since()}  Outrider calls it effective (${String(effective['effectiveBy'])})`);
    running.stop();
    say(`         the loop ends: ${[...running.statuses].map(([status, n]) => `${n} × ${status}`).join(', ')}`);
    outcome.release = await release(sim, outrider, thief, since, say);
    return outcome;
  } finally {
    running.stop();
  }
};

const release = async (
  sim: KongSim,
  outrider: OutriderProcess,
  thief: Habit,
  since: () => string,
  say: Say,
): Promise<boolean> => {
  const lifted = await first(
    outrider,
    '/v1/enforcements',
    (e) => isOf(e, THIEF) && e['state'] === 'lifted',
    (BLOCK_S + 30) * 1000,
  );
  if (!lifted) return false;
  say(`+${since()}  RELEASE: the block's time is up, Outrider has taken it back`);
  const left = sim.list('plugins').filter((plugin) => plugin['name'] === 'request-termination').length;
  const welcome = await until(async () => (await call(sim.proxyUrl, thief, '/api/orders/1')) === 200, 15_000);
  say(`+${since()}  ${welcome ? `${THIEF} gets 200 again` : 'still refused'}; ${left} of our plugins left in Kong`);
  return welcome && left === 0;
};

type Row = Record<string, unknown>;

const list = async (outrider: OutriderProcess, path: string): Promise<Row[]> =>
  (await outrider.api<{ data: Row[] }>('GET', path)).data;

/** The first row of a list that passes, asked for until `withinMs` have passed. */
const first = async (
  outrider: OutriderProcess,
  path: string,
  passes: (row: Row) => boolean,
  withinMs: number,
): Promise<Row | undefined> => {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    const found = (await list(outrider, path)).find(passes);
    if (found) return found;
    await wait(50);
  }
  return undefined;
};

const isOf = (row: Record<string, unknown>, name: string): boolean => (row['entity'] as { name: string }).name === name;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> => {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if (await holds()) return true;
    await wait(100);
  }
  return false;
};
