// What each detector costs an event: the engine with that one alone, against the engine with none. From the repository's root, after a build:
//   node libs/flow/detect/bench/detectors.mjs [rounds] [folder of a corpus log's events as rows, made by --rows]
// CPU time of this process, the best of the rounds; rounds of all detectors alternate, so that a busy machine meets all of them.
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { exampleEstate } from '@outrider/testing/traffic/example-estate';
import { StoredBaselines } from '../dist/baseline/baseline-source.js';
import { CATALOGUE } from '../dist/detectors/catalogue.js';
import { DetectionEngine } from '../dist/engine/detection-engine.js';
import { DetectSettings } from '../dist/settings.js';

const rounds = Number(process.argv[2] ?? 5);
const only = process.argv[3]?.split(',');
const { estate } = exampleEstate({
  seed: 3,
  from: Date.UTC(2026, 0, 5, 8),
  durationMs: 3_600_000,
  consumers: 60,
  scale: 2,
});
const events = [...estate.chunks()].flat();
const none = { list: async () => [] };

const run = async (catalogue, requestSpike) => {
  const settings = DetectSettings.parse({ requestSpike: { enabled: requestSpike } });
  const engine = new DetectionEngine(settings, new StoredBaselines(new FakeEventStore(), none), { catalogue });
  const findings = [];
  globalThis.gc?.();
  const began = process.cpuUsage();
  for (const event of events) {
    const due = engine.observeNow(event, 0, findings);
    if (due !== undefined) await engine.settle(due, event, findings);
  }
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1000) / events.length;
};

const cases = new Map([
  ['(none)', () => run([], false)],
  ['(all)', () => run(CATALOGUE, true)],
]);
for (const definition of CATALOGUE)
  if (!only || only.includes(definition.type))
    cases.set(definition.type, () =>
      run(definition.type === 'request-spike' ? [] : [definition], definition.type === 'request-spike'),
    );
const best = new Map();
for (let round = 0; round < rounds; round++)
  for (const [name, measure] of cases) best.set(name, Math.min(best.get(name) ?? Infinity, await measure()));
const base = best.get('(none)');
const all = best.get('(all)');
process.stdout.write(
  `${events.length} events; engine without detectors ${base.toFixed(0)} ns an event, with all ${all.toFixed(0)} ns\n`,
);
for (const [name, ns] of [...best].sort((a, b) => b[1] - a[1]))
  if (!name.startsWith('(')) process.stdout.write(`${name.padEnd(26)} ${(ns - base).toFixed(0).padStart(6)} ns\n`);
