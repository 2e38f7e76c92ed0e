import type { Installation } from '@outrider/fleet/installation';
import type { Kind } from '@outrider/fleet/fleet-process';
import type { Services } from '@outrider/services/start-services';
import { setTimeout as pause } from 'node:timers/promises';

/** What a fault may touch. */
export interface Stage {
  readonly services: Services;
  readonly installation: Installation;
  /** Says and counts what was done. */
  did(what: string): void;
  /** Multiplies repetitions and waits: 1 in a full run, less in a short one. */
  readonly scale: number;
}

/** One kind of damage, done under load. When it is over everything runs again. */
export interface Phase {
  readonly name: string;
  /** One sentence for the report: what is done. */
  readonly what: string;
  run(stage: Stage): Promise<void>;
}

const DOWN_MS = 2_000;
const BETWEEN_MS = 2_500;

/** Kills processes of the kind one after the other, each at a random moment, each back after up to 2 s. */
const kills = (kind: Exclude<Kind, 'outrider'>, times: number): Phase => ({
  name: `kill -9 ${kind}`,
  what: `${times} times \`kill -9\` of one of two ${kind}s, at random moments, started again after up to ${DOWN_MS / 1_000} s`,
  run: async (stage) => {
    for (let i = 0; i < scaled(times, stage); i++) await kill(stage, kind, i);
  },
});

const kill = async ({ installation, did }: Stage, kind: Kind, turn: number): Promise<void> => {
  const all = installation.fleet.of(kind);
  const victim = all[turn % all.length];
  if (!victim) throw new Error(`the fleet has no ${kind}`);
  await pause(Math.random() * BETWEEN_MS);
  await victim.kill();
  did(`kill ${victim.name}`);
  await pause(Math.random() * DOWN_MS);
  await victim.start();
};

const RANDOM_KINDS = ['collector', 'analyzer', 'responder', 'api'] as const;

const anyProcess = (times: number): Phase => ({
  name: 'kill -9 anything, two at once',
  what: `${times} times \`kill -9\` of any two processes at the same moment`,
  run: async (stage) => {
    for (let i = 0; i < scaled(times, stage) / 2; i++) {
      const pair = [0, 1].map(() => RANDOM_KINDS[Math.floor(Math.random() * RANDOM_KINDS.length)] ?? 'analyzer');
      await pause(Math.random() * BETWEEN_MS);
      const victims = pair.map((kind, n) => stage.installation.fleet.one(kind, n));
      await Promise.all(victims.map((victim) => victim.kill()));
      for (const victim of victims) stage.did(`kill ${victim.name}`);
      await pause(Math.random() * DOWN_MS);
      await Promise.all(victims.map((victim) => victim.start()));
    }
  },
});

type EngineName = 'kafka' | 'redis' | 'postgres' | 'clickhouseHttp';
const engineOf = ({ services }: Stage, name: EngineName) => {
  const engine = services[name];
  if (!engine) throw new Error(`${name} is not running`);
  return engine;
};

const down = (engine: EngineName, title: string, seconds: number): Phase => ({
  name: `${title} down`,
  what: `${title} is killed with -9 and stays away for ${seconds} s`,
  run: async (stage) => {
    await pause(1_000);
    engineOf(stage, engine).kill();
    stage.did(`kill ${title}`);
    await pause(Math.max(5_000, seconds * 1_000 * stage.scale));
    await engineOf(stage, engine).restart();
  },
});

const stopped = (engine: EngineName, title: string, seconds: number): Phase => ({
  name: `${title} hangs`,
  what: `${title} is stopped with SIGSTOP for ${seconds} s: connections stay, nothing is answered`,
  run: async (stage) => {
    await pause(1_000);
    engineOf(stage, engine).pause();
    stage.did(`pause ${title}`);
    await pause(Math.max(5_000, seconds * 1_000 * stage.scale));
    engineOf(stage, engine).resume();
  },
});

const adminApi = (fault: { kind: 'status'; status: number } | { kind: 'hang' }, title: string): Phase => ({
  name: `Kong's Admin API ${title}`,
  what: `every call of Kong's Admin API ${title} for 30 s`,
  run: async (stage) => {
    await stage.installation.sim.fault(fault);
    stage.did(`Admin API ${title}`);
    await pause(Math.max(8_000, 30_000 * stage.scale));
    await stage.installation.sim.fault(undefined);
  },
});

const scaled = (times: number, { scale }: Stage): number => Math.max(2, Math.round(times * scale));

export const PHASES: readonly Phase[] = [
  { name: 'nothing', what: 'steady load for 20 s, for comparison', run: () => pause(20_000) },
  kills('collector', 10),
  kills('analyzer', 10),
  kills('responder', 10),
  kills('api', 6),
  anyProcess(12),
  down('kafka', 'Kafka', 30),
  stopped('postgres', 'PostgreSQL', 30),
  down('postgres', 'PostgreSQL', 10),
  down('redis', 'Redis', 10),
  down('clickhouseHttp', 'ClickHouse', 60),
  adminApi({ kind: 'status', status: 500 }, 'answers 500'),
  adminApi({ kind: 'hang' }, 'hangs'),
  { name: 'nothing, again', what: 'steady load for 40 s, before memory is compared', run: () => pause(40_000) },
];
