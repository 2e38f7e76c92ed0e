import { install } from '../installation.ts';
import { expectedOf, type Expected, happeningNow, scenarioNames, sendHttp, until, type Entry } from '../traffic.ts';
import { quiet } from './path.suite.ts';
import type { Suite } from './suite.ts';

const TOKEN = 'scenario-token-0000-';
/** Entries of one request; Kong's http-log sends up to 1,000 and less. */
const BATCH = 200;
/**
 * Time passes in steps of this, for all scenarios together, and each step is worked off before the next: an entry that comes more than ten
 * minutes after others is late, and is stored but not watched. That is right for a Kong that was cut off, and not what is tested here.
 */
const STEP_MS = 150_000;

/** All scenarios at once, each a tenant of its own, through separate processes: the alerts are those of the embedded run. */
export const scenarios: Suite = {
  name: 'scenarios',
  run: async ({ services, checks }) => {
    const names = scenarioNames();
    const installation = await install(services, {
      name: 'scenarios',
      number: 1,
      counts: { collector: 1, analyzer: 2, responder: 1, api: 1 },
      gateways: names.map((name, i) => ({ id: name, tenant: name, ingestToken: `${TOKEN}${i}` })),
    });
    const { fleet, truth } = installation;
    const send = async (index: number, entries: readonly Entry[]): Promise<void> => {
      for (let at = 0; at < entries.length; at += BATCH) {
        const body = JSON.stringify(entries.slice(at, at + BATCH));
        const status = await sendHttp(
          fleet.one('collector').ports.http ?? 0,
          `${TOKEN}${index}`,
          body,
          'application/json',
        );
        if (status !== 200) throw new Error(`${names[index]}: HTTP ${status}`);
      }
    };
    try {
      await checks.step(
        'start',
        () => fleet.start(),
        () => fleet.tails(),
      );
      await checks.step(
        'scenarios',
        async () => {
          const now = Date.now();
          const all = names.map((name) => happeningNow(name, now));
          const total = all.reduce((sum, entries) => sum + entries.length, 0);
          const taken = async (): Promise<number> => {
            const counts = fleet.of('analyzer').map((process) => process.metric('outrider_detect_events_total'));
            return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
          };
          const begin = Math.min(...all.map((entries) => entries[0]?.started_at ?? now));
          let sent = 0;
          for (let from = begin; from <= now; from += STEP_MS) {
            const isNow = ({ started_at: at }: Entry): boolean => at >= from && at < from + STEP_MS;
            const step = all.map((entries) => entries.filter(isNow));
            await Promise.all(step.map((entries, i) => send(i, entries)));
            const before = sent;
            sent += step.reduce((sum, entries) => sum + entries.length, 0);
            if (sent > before) await until(taken, (count) => count >= sent);
          }
          const rows = async (): Promise<number> => (await truth.counts()).rows;
          await until(rows, (count) => count >= total);
          await quiet(fleet);
          checks.equal('every entry of every scenario is stored once', await truth.counts(), {
            rows: total,
            distinct: total,
            aggregated: total,
          });
          for (const name of names) {
            const rows = await truth.postgres<{ type: string; kind: string; name: string }>(
              `SELECT type, entity_kind AS kind, body->'entity'->>'name' AS name FROM alerts WHERE tenant = $1`,
              [name],
            );
            const found = rows.map(({ type, kind, name: entity }) => ({ type, entity: { kind, name: entity } }));
            checks.equal(
              `${name} raises exactly the alerts that it should`,
              sorted(found),
              sorted(expectedOf(name).alerts),
            );
          }
        },
        () => fleet.tails(),
      );
    } finally {
      await installation.remove();
    }
  },
};

/** Alerts on one attack come in no order: each analyzer tells its own. */
const sorted = (alerts: Expected['alerts']): Expected['alerts'] =>
  [...alerts].sort((a, b) => `${a.type} ${a.entity.name}`.localeCompare(`${b.type} ${b.entity.name}`));
