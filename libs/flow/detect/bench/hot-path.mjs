// What detecting costs an event, without bus and stores. From the repository's root, after a build:
//   node libs/flow/detect/bench/hot-path.mjs [rounds] [folder of another build, to compare]
// CPU time of this process, the best of the rounds: other work on the machine only ever adds.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeEvent, decodeRows, splitRows } from '@outrider/contracts/events/event-row';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { exampleEstate } from '@outrider/testing/traffic/example-estate';

const [rounds = '5', ...others] = process.argv.slice(2);
const PARTITIONS = 12;
const MESSAGE = 200;
const { estate } = exampleEstate({
  seed: 3,
  from: Date.UTC(2026, 0, 5, 8),
  durationMs: 3_600_000,
  consumers: 60,
  scale: 4,
});
const texts = [];
let batch = [];
for (const chunk of estate.chunks())
  for (const event of chunk) {
    batch.push(encodeEvent(event));
    if (batch.length === MESSAGE) {
      texts.push(Buffer.from(batch.join('\n')));
      batch = [];
    }
  }

const load = async (dist) => {
  const at = (file) => import(pathToFileURL(resolve(dist, file)).href);
  const [{ DetectionEngine }, { DetectSettings }, { StoredBaselines }, { DuplicateFilter }] = await Promise.all([
    at('engine/detection-engine.js'),
    at('settings.js'),
    at('baseline/baseline-source.js'),
    at('duplicates/duplicate-filter.js'),
  ]);
  const none = { list: async () => [] };
  return async () => {
    const engine = new DetectionEngine(DetectSettings.parse({}), new StoredBaselines(new FakeEventStore(), none));
    const duplicates = new DuplicateFilter({ horizonMs: 900_000, maxIds: 4_000_000 });
    const findings = [];
    const messages = texts.map((text) => decodeRows(splitRows(text)));
    const began = process.cpuUsage();
    for (let n = 0; n < messages.length; n++) {
      const events = messages[n];
      const lane = n % PARTITIONS;
      for (let i = 0; i < events.length; i++) {
        const event = events[i];
        if (duplicates.see(`${event.gateway}:${event.id}`, lane * 2 ** 40 + n, event.receivedAt) !== 'first') continue;
        const due = engine.observeNow(event, lane, findings);
        if (due !== undefined) await engine.settle(due, event, findings);
      }
    }
    const { user, system } = process.cpuUsage(began);
    return ((user + system) / (messages.length * MESSAGE)) * 1000;
  };
};

const builds = new Map();
for (const dist of [resolve(import.meta.dirname, '../dist'), ...others])
  builds.set(dist, { run: await load(dist), all: [] });
for (let round = 0; round < Number(rounds); round++)
  for (const build of builds.values()) build.all.push(await build.run());
for (const [dist, { all }] of builds) {
  all.sort((a, b) => a - b);
  const [best, median] = [all[0], all[Math.floor(all.length / 2)]].map((ns) => Math.round(ns));
  process.stdout.write(
    `${dist}: ${best} ns of CPU an event at best, median ${median}, ${texts.length * MESSAGE} events\n`,
  );
}
