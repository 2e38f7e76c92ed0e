import { randomUUID } from 'node:crypto';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { anEnforcement } from '@outrider/domain/response/testing';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { aRefusedEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { Delivery } from '@outrider/ports/event-bus';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import type { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import type { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { FindingCheck } from '../alerts/finding-check.ts';
import { AlertTracker } from '../alerts/alert-tracker.ts';
import { quietTimes } from '../alerts/quiet-times.ts';
import { StoredBaselines } from '../baseline/baseline-source.ts';
import { ALL_TIME, type TeachingTimes } from '../baseline/teaching-time.ts';
import { DuplicateFilter } from '../duplicates/duplicate-filter.ts';
import { ActiveBlocks } from '../echo/active-blocks.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import { EventIngest } from '../ingest/event-ingest.ts';
import { IngestMetrics } from '../ingest/ingest-metrics.ts';
import { Partitions } from '../partitions.ts';
import { DetectSettings } from '../settings.ts';

export const AT = Date.UTC(2026, 0, 5, 12, 3, 0);
export const MINUTE_MS = 60_000;
export const ATTACKER = '192.0.2.15';
const ALICE = '11111111-1111-4111-8111-111111111111';

export const PARTITIONS = 4;
const ALL = [0, 1, 2, 3];

/** One run of the stage's inside over stores that outlive it, around event time `AT`. For specs. */
export class StageRun {
  readonly metrics = new Metrics();
  readonly blocks = new ActiveBlocks();
  readonly engine: DetectionEngine;
  readonly duplicates = new DuplicateFilter({ horizonMs: 900_000, maxIds: 100_000 });
  readonly tracker: AlertTracker;
  readonly ingest: EventIngest;
  readonly partitions: Partitions;
  /** Nothing that it observes is stored any more, as if it was about to die. */
  frozen = false;
  readonly refusalsSeen: string[] = [];
  telling: Promise<void> = Promise.resolve();

  constructor(
    readonly store: FakeEventStore,
    readonly alerts: FakeAlertStore,
    owns: readonly number[] = ALL,
    teaching: TeachingTimes = ALL_TIME,
  ) {
    const settings = DetectSettings.parse({});
    const now = (): number => AT + 2 * MINUTE_MS;
    this.engine = new DetectionEngine(settings, new StoredBaselines(store, alerts, teaching), {
      reportsServices: false,
      teaching,
    });
    this.tracker = new AlertTracker({
      store: alerts,
      clock: { now },
      publish: async () => undefined,
      newId: randomUUID,
      quietMs: quietTimes(settings),
      updateEveryMs: 0,
      onProblem: (error) => {
        throw error;
      },
    });
    const counts = new IngestMetrics(this.metrics);
    const check = new FindingCheck({
      store,
      engine: this.engine,
      tracker: this.tracker,
      seesAll: () => this.ingest.partitions === PARTITIONS,
      onShared: () => counts.sharedBlame(),
      onProblem: (error) => {
        throw error;
      },
    });
    this.ingest = new EventIngest({
      tell: (finding, lane) => check.tell(finding, lane),
      store: {
        insertEvents: (block) => (this.frozen ? new Promise(() => undefined) : store.insertEvents(block)),
        insertDeadLetters: (letters, token) => store.insertDeadLetters(letters, token),
      },
      engine: this.engine,
      tracker: this.tracker,
      duplicates: this.duplicates,
      blocks: this.blocks,
      templates: { applied: (event) => event },
      metrics: counts,
      now,
      random: () => 0,
      maxBlockRows: 20_000,
      maxBlockAgeMs: 1,
      onRefusalSeen: (enforcement) => {
        this.refusalsSeen.push(enforcement.id);
        return this.telling;
      },
      onRetry: () => undefined,
    });
    this.partitions = new Partitions({
      tell: (finding, lane, again) => check.tell(finding, lane, again),
      events: store,
      engine: this.engine,
      duplicates: this.duplicates,
      blocks: this.blocks,
      ingest: this.ingest,
      tracker: this.tracker,
      metrics: counts,
      clock: { now },
      log: createLogger({ name: 'spec', level: 'silent', pretty: false }),
      count: () => PARTITIONS,
      options: { replayMs: 900_000, learnMs: 7 * 86_400_000, maxReplayed: 1_000_000, maxSeen: 10_000 },
    });
    for (const partition of owns) this.ingest.gain(partition).state = 'ours';
  }

  take(offset: number, events: readonly ApiEvent[], overrides: Partial<Delivery> = {}): Promise<void> {
    return this.ingest.takeEvents(aDelivery(offset, events.map(encodeEvent).join('\n'), overrides));
  }

  /** As when the process starts: all partitions are taken over. */
  recover(): Promise<void> {
    return this.partitions.assign({ gained: ALL, lost: [] });
  }

  /** The value of a counter, over all labels. */
  async counted(name: string, label = ''): Promise<number> {
    return (await this.metrics.text())
      .split('\n')
      .filter((line) => line.startsWith(`outrider_detect_${name}`) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}

export const aDelivery = (offset: number, value: string, overrides: Partial<Delivery> = {}): Delivery => ({
  topic: 'outrider.events.v1',
  partition: 0,
  offset,
  key: '0',
  value: Buffer.from(value),
  headers: {},
  appendedAt: AT,
  plannedThrough: undefined,
  plan: async () => undefined,
  ...overrides,
});

/** `n` tries of different keys at the gateway within half a minute. */
export const guesses = (n: number, overrides: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    aRefusedEvent({
      startedAt: AT + i * Math.floor(30_000 / n),
      clientIp: ATTACKER,
      credentialFingerprint: `f00d${String(i).padStart(12, '0')}`,
      ...overrides,
    }),
  );
/** Twenty paths that do not exist, within half a minute. */
export const scan = (): ApiEvent[] =>
  guesses(20, { status: 404, refusal: 'no-route', credentialFingerprint: '' }).map((event, i) => ({
    ...event,
    path: `/secret-${'abcdefghijklmnopqrstuvwxyz'[i] ?? ''}`,
    pathTemplate: `/secret-${'abcdefghijklmnopqrstuvwxyz'[i] ?? ''}`,
  }));
/** Twenty minutes of a call every two seconds, then 60 a second for a minute. */
export const ordinary = (): ApiEvent[] =>
  Array.from({ length: 600 }, (_, i) => anApiEvent({ startedAt: AT - 20 * MINUTE_MS + i * 2_000 }));
export const flood = (overrides: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from({ length: 3_600 }, (_, i) => anApiEvent({ startedAt: AT + Math.floor(i * 16.6), ...overrides }));

const anEnforcementOn = (overrides: Parameters<typeof anEnforcement>[0]): EnforcementRecord => ({
  ...anEnforcement({ state: 'applied', createdAt: AT - 5_000, appliedAt: AT - 4_000, ...overrides }),
  saved: null,
  revision: 1,
});
export const blockAddress = () =>
  anEnforcementOn({
    action: { kind: 'block-address', durationSeconds: 600 },
    entity: { kind: 'ip', id: ATTACKER, name: ATTACKER },
  });
export const limitAlice = () =>
  anEnforcementOn({
    action: { kind: 'rate-limit-consumer', durationSeconds: 600, limits: { minute: 10 } },
    entity: { kind: 'consumer', id: ALICE, name: 'alice' },
  });
