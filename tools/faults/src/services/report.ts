import { cpus } from 'node:os';
import type { Phase } from './phase.ts';
import type { Reckoning } from './reckoning.ts';

export interface PhaseResult {
  readonly phase: Phase;
  readonly done: readonly string[];
  readonly reckoning: Reckoning;
}

export interface MemoryLine {
  readonly process: string;
  readonly beforeMb: number;
  readonly afterMb: number;
}

const n = (value: number): string => value.toLocaleString('en-US');

/** docs/operations/faults.md: what was done and what was counted. */
export const reportOf = (
  results: readonly PhaseResult[],
  memory: readonly MemoryLine[],
  run: { readonly eventsPerSecond: number; readonly command: string; readonly disk: readonly string[] },
): string => {
  const kills = results.flatMap(({ done }) => done).filter((what) => what.startsWith('kill ')).length;
  const sum = (pick: (reckoning: Reckoning) => number): number =>
    results.reduce((total, { reckoning }) => total + pick(reckoning), 0);
  const rows = results.map(
    ({ phase, done, reckoning: r }) =>
      `| ${phase.name} | ${done.length} | ${n(r.acknowledged)} | ${r.acknowledgedMissing} | ${n(r.onBus)} | ${r.busMissing} | ${r.storedDoubled} | ${r.aggregatesOff} | ${n(r.tcpStored)} of ${n(r.tcpWritten)} | ${r.alertsExpected - r.alertsMissing} of ${r.alertsExpected} | ${r.alertsDoubled + r.alertsUnexpected} | ${r.enforcements} | ${r.appliedDoubled} | ${r.enforcementsLeft + r.leftInKong} | ${(r.settledAfterMs / 1_000).toFixed(0)} s |`,
  );
  return `# Faults: what was done, what was counted

Made by \`${run.command}\` on ${cpus().length} cores, which also ran Kafka, Redis, PostgreSQL, ClickHouse, Kong's stand-in and the load. Two
collectors, two analyzers, two responders and two apis; ${n(run.eventsPerSecond)} events/s over http-log, up to 200 lines/s over tcp-log, while an operator blocks a consumer for 15 s
every few seconds and an address guesses keys in every phase (one alert each, which a policy answers with a block of 15 s).

**${kills} processes and engines killed with -9. ${n(sum((r) => r.acknowledged))} entries acknowledged, ${sum((r) => r.acknowledgedMissing)} of them lost; ${n(sum((r) => r.onBus))} events
on the bus, ${sum((r) => r.busMissing)} of them not stored, ${sum((r) => r.storedDoubled)} stored twice; ${sum((r) => r.alertsExpected)} alerts due, ${sum((r) => r.alertsMissing)} missing, ${sum((r) => r.alertsDoubled + r.alertsUnexpected)} too many; ${sum((r) => r.enforcements)} enforcements, ${sum((r) => r.appliedDoubled)} applied
twice, ${sum((r) => r.enforcementsLeft + r.leftInKong)} left behind.**

| fault | times | acknowledged | of these missing | events on the bus | of these missing | stored twice | aggregates off by | tcp-log lines stored | alerts found | alerts too many | enforcements | applied twice | left behind | worked off after |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

What each fault is:

${results.map(({ phase }) => `- **${phase.name}**: ${phase.what}.`).join('\n')}

"Acknowledged": the id was in a batch that http-log got 2xx for. "On the bus": read from Kafka itself afterwards; whatever a TCP line was
before that point is not counted as taken. "Stored": read from ClickHouse itself; "aggregates off": rows of the events' table against the sum of the
per-minute aggregates, over the whole run so far. "Applied twice": creations of a plugin for one consumer in Kong's journal. "Worked off": from the
end of the load until all stores stood still, the wait for the last block's end included.

## Memory

Resident, after the first phase and after the last, of processes that may have been started anew between.

| process | after steady load | at the end |
| --- | --- | --- |
${memory.map(({ process, beforeMb, afterMb }) => `| ${process} | ${beforeMb} MB | ${afterMb} MB |`).join('\n')}

## The embedded bus on a full disk

${run.disk.map((line) => `- ${line}`).join('\n')}

## What tcp-log cannot promise

Kong writes a tcp-log line to a socket and forgets it: what is in a socket's buffers when a collector dies, and what is sent while none listens, is
gone (the column above shows how much that was). Kong's http-log keeps a batch until it is answered with 2xx and repeats it; Outrider recognises what comes twice.
Where every entry counts, use http-log with batches (\`queue.max_batch_size\` of 50 to 200, \`queue.max_entries\` large enough for the longest outage), or a collector on
Kong's own node, so that the socket's other end dies with Kong alone.
`;
};
