import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { install, type Installation } from '@outrider/fleet/installation';
import type { Services } from '@outrider/services/start-services';
import { SENDER } from './baselines.ts';
import type { CorpusFile } from './corpus-file.ts';
import { cpuSeconds, peakMemoryMb } from './process-cost.ts';

export interface OverKafka {
  readonly entriesPerSecond: number;
  /** CPU time an event of each part; microseconds. */
  readonly cpuMicros: Readonly<Record<'collector' | 'analyzers' | 'kafka' | 'clickhouse', number>>;
  readonly stored: number;
  readonly analyzerPeakMb: number;
}

export interface Drained {
  readonly analyzers: number;
  readonly eventsPerSecond: number;
}

const WITHIN_MS = 300_000;
let installations = 0;

/** Separate processes: from the first byte on the collector's TCP port until every event is in ClickHouse. */
export const overKafka = async (services: Services, corpus: CorpusFile, analyzers: number): Promise<OverKafka> => {
  const installation = await prepare(services, { collector: 1, analyzer: analyzers });
  const { fleet } = installation;
  try {
    await fleet.start();
    await pause(3_000); // the group has its partitions
    const parts = {
      collector: fleet.of('collector').map(({ pid }) => pid),
      analyzers: fleet.of('analyzer').map(({ pid }) => pid),
      kafka: [services.kafka?.pid],
      clickhouse: [services.clickhouseHttp?.pid],
    };
    const before = costOf(parts);
    const began = performance.now();
    await send(fleet.one('collector').ports.tcp ?? 0, corpus);
    await storedAll(installation, corpus.entries);
    const seconds = (performance.now() - began) / 1000;
    const after = costOf(parts);
    const micros = (part: keyof typeof before): number =>
      Math.round(((after[part] - before[part]) * 1e7) / corpus.entries) / 10;
    return {
      entriesPerSecond: Math.round(corpus.entries / seconds),
      cpuMicros: {
        collector: micros('collector'),
        analyzers: micros('analyzers'),
        kafka: micros('kafka'),
        clickhouse: micros('clickhouse'),
      },
      stored: (await installation.truth.counts()).distinct,
      analyzerPeakMb: Math.max(...parts.analyzers.map((pid) => peakMemoryMb(pid))),
    };
  } finally {
    await installation.remove();
  }
};

/** How fast analyzers work off what stands on Kafka already: neither sender nor collector has a part in it. */
export const drain = async (services: Services, corpus: CorpusFile, analyzers: number): Promise<Drained> => {
  const installation = await prepare(services, { collector: 1, analyzer: analyzers });
  const { fleet } = installation;
  try {
    await fleet.one('collector').start();
    await send(fleet.one('collector').ports.tcp ?? 0, corpus);
    await fleet.one('collector').stop(); // publishes what it holds
    await Promise.all(fleet.of('analyzer').map((process) => process.start()));
    const first = await storedAll(installation, 1);
    const began = performance.now();
    await storedAll(installation, corpus.entries);
    const seconds = (performance.now() - began) / 1000;
    return { analyzers, eventsPerSecond: Math.round((corpus.entries - first) / seconds) };
  } finally {
    await installation.remove();
  }
};

const prepare = (services: Services, counts: Record<string, number>): Promise<Installation> => {
  installations += 1;
  return install(services, { name: `bench${installations}`, number: installations, counts });
};

const send = async (port: number, corpus: CorpusFile): Promise<void> => {
  await once(spawn(process.execPath, [SENDER, String(port), corpus.path], { stdio: 'inherit' }), 'exit');
};

/** Resolves with the rows once there are so many. */
const storedAll = async ({ truth, fleet }: Installation, wanted: number): Promise<number> => {
  const began = performance.now();
  for (;;) {
    const rows = await truth.clickhouse<{ n: string }>('SELECT count() AS n FROM events_v1').catch(() => []); // not migrated yet
    const stored = Number(rows[0]?.n ?? 0);
    if (stored >= wanted) return stored;
    if (performance.now() - began > WITHIN_MS)
      throw new Error(`only ${stored} of ${wanted} stored\n${fleet.tails(10)}`);
    await pause(100);
  }
};

const costOf = <K extends string>(parts: Readonly<Record<K, readonly (number | undefined)[]>>): Record<K, number> => {
  const costs = Object.entries<readonly (number | undefined)[]>(parts).map(
    ([part, pids]) => [part, pids.reduce((sum: number, pid) => sum + cpuSeconds(pid), 0)] as const,
  );
  return Object.fromEntries(costs) as Record<K, number>; // the same keys
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
