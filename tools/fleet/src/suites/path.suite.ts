import { install, type Installation } from '../installation.ts';
import { LiveStream } from '../live-stream.ts';
import { happeningNow, recordedLines, sendHttp, sendTcp, until } from '../traffic.ts';
import type { Checks } from '../checks.ts';
import type { Suite } from './suite.ts';

interface Alert {
  readonly id: string;
  readonly type: string;
  readonly entity: { readonly kind: string; readonly name: string };
}
interface Enforcement extends Omit<Alert, 'type'> {
  readonly state: string;
}

const NDJSON = 'application/x-ndjson';

/** Two of each process: everything happens once. */
export const path: Suite = {
  name: 'path',
  run: async ({ services, checks }) => {
    const installation = await install(services, {
      name: 'path',
      number: 0,
      counts: { collector: 2, analyzer: 2, responder: 2, api: 2 },
    });
    const tails = (): string => installation.fleet.tails(15);
    try {
      await checks.step('eight processes start together on empty engines', () => installation.fleet.start(), tails);
      await checks.step('recorded lines', () => recorded(installation, checks), tails);
      await checks.step('attack', () => attack(installation, checks), tails);
      await checks.step('simulated', () => simulated(installation, checks), tails);
      await checks.step('stop', () => stops(installation, checks), tails);
    } finally {
      await installation.remove();
    }
  },
};

const recorded = async ({ fleet, truth }: Installation, checks: Checks): Promise<void> => {
  const lines = recordedLines();
  const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  const [first, second] = [fleet.one('collector', 0).ports, fleet.one('collector', 1).ports];
  await sendTcp(first.tcp ?? 0, joined);
  checks.equal(
    'both collectors take the same lines over HTTP',
    await Promise.all([
      sendHttp(first.http ?? 0, fleet.ingestToken, joined, NDJSON),
      sendHttp(second.http ?? 0, fleet.ingestToken, joined, NDJSON),
    ]),
    [200, 200],
  );
  await sendTcp(second.tcp ?? 0, joined);
  checks.that('a wrong token is refused', (await sendHttp(first.http ?? 0, 'x'.repeat(32), joined, NDJSON)) === 401);
  await until(
    async () => (await truth.counts()).distinct,
    (count) => count >= lines.length,
  );
  await quiet(fleet);
  checks.equal(
    'every recorded line is stored exactly once, though it came four times over two collectors',
    await truth.counts(),
    {
      rows: lines.length,
      distinct: lines.length,
      aggregated: lines.length,
    },
  );
  const { total } = await fleet.api<{ total: number }>('GET', '/v1/dead-letters/counts?from=-1d');
  checks.equal('nothing is a dead letter', total, 0);
};

const attack = async ({ fleet, sim, truth }: Installation, checks: Checks): Promise<void> => {
  const streams = [new LiveStream(), new LiveStream()];
  await Promise.all(streams.map((stream, i) => stream.start(fleet.one('api', i).ports.api ?? 0, fleet.adminToken)));
  const before = JSON.stringify(sim.list('plugins'));
  await policy(fleet, 'scan', 'endpoint-probing', 'enforce');
  await throughBoth(fleet, 'attack-path-scan');
  const effective = await until(
    () => enforcements(fleet, '198.51.100.10'),
    (all) => all[0]?.state === 'effective',
  );
  checks.equal(
    'one enforcement is made and effective',
    effective.map(({ state }) => state),
    ['effective'],
  );
  const blocks = sim.list('plugins').filter((plugin) => plugin['name'] === 'ip-restriction');
  checks.equal(
    'it stands in Kong once',
    blocks.map((plugin) => (plugin['config'] as { deny: unknown }).deny),
    [['198.51.100.10']],
  );
  await quiet(fleet);
  const alerts = await truth.postgres<{ n: string }>(
    `SELECT count(*) AS n FROM alerts WHERE type = 'endpoint-probing'`,
  );
  checks.equal('one alert, however many collectors and analyzers it went through', alerts[0]?.n, '1');
  for (const [i, stream] of streams.entries()) {
    const events = await until(
      async () => stream.messages,
      (all) => seen(all, 'enforcement', 'effective'),
      20_000,
    );
    checks.that(
      `api ${i + 1} tells its listeners of the alert and the enforcement`,
      seen(events, 'alert', '') && seen(events, 'enforcement', 'effective'),
      `${events.length} messages`,
    );
    await stream.stop();
  }
  await fleet.api('POST', `/v1/enforcements/${effective[0]?.id}/undo`, undefined, 1);
  const lifted = await until(
    () => enforcements(fleet, '198.51.100.10'),
    (all) => all[0]?.state === 'lifted',
  );
  checks.equal(
    'undone through the other api, it is lifted',
    lifted.map(({ state }) => state),
    ['lifted'],
  );
  checks.that('Kong is as it was', JSON.stringify(sim.list('plugins')) === before);

  await policy(fleet, 'keys', 'brute-force', 'enforce', 10);
  await throughBoth(fleet, 'attack-key-guessing');
  const ended = await until(
    () => enforcements(fleet, '198.51.100.8'),
    (all) => all[0]?.state === 'lifted',
    90_000,
  );
  checks.equal(
    'a block of 10 s ends by itself, once',
    ended.map(({ state }) => state),
    ['lifted'],
  );
  checks.that('Kong is as it was, again', JSON.stringify(sim.list('plugins')) === before);
};

const simulated = async ({ fleet, sim }: Installation, checks: Checks): Promise<void> => {
  const { adminWrites } = sim;
  await fleet.api('PATCH', '/v1/guard-rails', { simulateAll: true });
  await throughBoth(fleet, 'attack-login-guessing');
  const made = await until(
    () => enforcements(fleet, '198.51.100.9'),
    (all) => all.length > 0,
  );
  await quiet(fleet);
  checks.equal(
    'simulated, the decision is recorded',
    made.map(({ state }) => state),
    ['simulated'],
  );
  checks.equal('and Kong is not touched', sim.adminWrites - adminWrites, 0);
};

const stops = async ({ fleet }: Installation, checks: Checks): Promise<void> => {
  const codes = await Promise.all(fleet.processes.map((process) => process.stop()));
  checks.equal(
    'every process ends in order at SIGTERM',
    codes,
    codes.map(() => 0),
  );
};

const policy = (fleet: Installation['fleet'], name: string, type: string, mode: string, durationSeconds = 600) =>
  fleet.api('POST', '/v1/policies', {
    name,
    match: { types: [type], minConfidence: 0.8 },
    actions: [{ kind: 'block-address', durationSeconds }],
    ...(mode === 'enforce' ? {} : { mode }),
  });

/** Line by line over both collectors, as behind a balancer. */
const throughBoth = async (fleet: Installation['fleet'], scenario: string): Promise<void> => {
  const lines = happeningNow(scenario).map((entry) => `${JSON.stringify(entry)}\n`);
  await Promise.all(
    [0, 1].map((i) =>
      sendTcp(fleet.one('collector', i).ports.tcp ?? 0, Buffer.from(lines.filter((_, n) => n % 2 === i).join(''))),
    ),
  );
};

const enforcements = async (fleet: Installation['fleet'], address: string): Promise<Enforcement[]> =>
  (await fleet.api<{ data: Enforcement[] }>('GET', '/v1/enforcements?limit=200')).data.filter(
    (enforcement) => enforcement.entity.name === address,
  );

const seen = (messages: readonly { event: string; data: string }[], event: string, text: string): boolean =>
  messages.some((message) => message.event === event && message.data.includes(text));

/** Waits until the analyzers have been idle for a moment: what had to be doubled would be by now. */
export const quiet = async (fleet: Installation['fleet']): Promise<void> => {
  const counted = async (): Promise<number> => {
    const sums = await Promise.all(
      fleet.of('analyzer').map((process) => process.metric('outrider_detect_events_total')),
    );
    return sums.reduce((sum, n) => sum + n, 0);
  };
  let last = -1;
  let since = Date.now();
  await until(
    async () => {
      const now = await counted();
      if (now !== last) since = Date.now();
      last = now;
      return Date.now() - since;
    },
    (idle) => idle > 3_000,
    60_000,
  );
};
