// Remakes the table of the README. From the repository's root, after a build:
//   node libs/flow/detect/bench/backtest.mjs [spans] [seeds]      e.g. … 30m,6h 1,2,3,4,5
// One line a run, every false alarm with its explanation, and the rows of the table at the end.
import { parseArgs } from 'node:util';
import { backtest } from '../dist/testing/backtest.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const STRENGTHS = [3, 5, 10, 50];
/** Long spans carry less traffic a minute, so that a run stays within minutes. */
const SPANS = {
  '30m': { durationMs: HOUR_MS / 2, consumers: 30, scale: 1 },
  '6h': { durationMs: 6 * HOUR_MS, consumers: 30, scale: 1 },
  '3d': { durationMs: 3 * DAY_MS, consumers: 25, scale: 0.25 },
  '16d': { durationMs: 16 * DAY_MS, consumers: 20, scale: 0.12 },
};

const say = (line) => process.stdout.write(`${line}\n`);
const usage = (problem) => {
  process.stderr.write(`${problem}\nusage: backtest.mjs [${Object.keys(SPANS).join(',')}] [seeds, e.g. 1,2,3]\n`);
  process.exit(2);
};

const { positionals } = parseArgs({ allowPositionals: true });
const spans = (positionals[0] ?? '30m').split(',');
const seeds = (positionals[1] ?? '1,2,3,4,5').split(',').map(Number);
for (const span of spans) if (!(span in SPANS)) usage(`no such span: ${span}`);
if (seeds.some((seed) => !Number.isSafeInteger(seed) || seed < 0)) usage('seeds are whole numbers');

const rows = [];
for (const span of spans) {
  const hits = new Map(STRENGTHS.map((strength) => [`${strength}x`, 0]));
  const missed = new Map();
  let falseAlarms = 0;
  for (const seed of seeds) {
    const from = Date.UTC(2026, 0, 5, 8, 0, 0) + seed * 37 * MINUTE_MS;
    const result = await backtest({ seed, from, strengths: STRENGTHS, ...SPANS[span] });
    const found = result.found.map(({ plan, delayMs }) => {
      if (delayMs === undefined && !hits.has(plan.name)) missed.set(plan.name, (missed.get(plan.name) ?? 0) + 1);
      if (delayMs !== undefined && hits.has(plan.name)) hits.set(plan.name, hits.get(plan.name) + 1);
      return `${plan.name} ${delayMs === undefined ? 'missed' : `${Math.round(delayMs / 1000)} s`}`;
    });
    const rate = Math.round(result.events / result.seconds);
    say(`${span} seed ${seed}: ${result.events} events, ${rate}/s; ${found.join(', ')}`);
    for (const { type, entity, explanation } of result.falseAlarms)
      say(`  false alarm: ${type} on ${entity.name}: ${explanation}`);
    falseAlarms += result.falseAlarms.length;
  }
  const shares = STRENGTHS.map((strength) => `${hits.get(`${strength}x`)}/${seeds.length}`);
  rows.push(`| ${[span, seeds.length, SPANS[span].consumers, ...shares, falseAlarms].join(' | ')} |`);
  for (const [name, n] of missed) say(`  ${name}: missed in ${n} of ${seeds.length} runs of ${span}`);
}
say('\n| span | runs | consumers | 3× | 5× | 10× | 50× | false alarms |');
say('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const row of rows) say(row);
