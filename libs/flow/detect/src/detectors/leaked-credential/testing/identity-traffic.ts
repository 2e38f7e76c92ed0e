import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { StoredBaselines } from '../../../baseline/baseline-source.ts';
import { DetectionEngine } from '../../../engine/detection-engine.ts';
import { DetectSettings } from '../../../settings.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../windows/time.ts';
import { IDENTITY_DETECTORS } from '../../groups/identity.group.ts';

/** Monday 2026-01-05, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 0, 5);

export const JAVA = { userAgent: 'Java/17.0.11', clientFingerprint: '1111111111111111' };
export const CURL = { userAgent: 'curl/8.5.0', clientFingerprint: '2222222222222222' };
export const FIREFOX = {
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0',
  clientFingerprint: '3333333333333333',
};

/** `n` calls from `at` on, `everyMs` apart. */
export const calls = (n: number, at: number, everyMs: number, overrides: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => anApiEvent({ ...JAVA, startedAt: at + i * everyMs, ...overrides }));

/** A server that calls every half hour, day and night. */
export const server = (days: number, overrides: Partial<ApiEvent> = {}, from = MONDAY): ApiEvent[] =>
  calls(days * 48, from, 30 * MINUTE_MS, overrides);

/** Somebody's working days: 80 calls between eight and sixteen o'clock UTC, Monday to Friday. */
export const office = (days: number, overrides: Partial<ApiEvent> = {}, from = MONDAY): ApiEvent[] =>
  Array.from({ length: days }, (_, day) => day)
    .filter((day) => day % 7 < 5)
    .flatMap((day) => calls(80, from + day * DAY_MS + 8 * HOUR_MS, 6 * MINUTE_MS, overrides));

export const consumer = (n: number): Partial<ApiEvent> => {
  const digits = String(n).padStart(12, '0');
  return {
    consumerId: `11111111-1111-4111-8111-${digits}`,
    consumerName: `consumer-${n}`,
    credentialId: `aaaaaaaa-1111-4111-8111-${digits}`,
  };
};

/** What the detectors of this group find in these events, in order of time. */
export const findingsIn = (...streams: readonly (readonly ApiEvent[])[]): Finding[] => {
  const settings = DetectSettings.parse({});
  const baselines = new StoredBaselines(new FakeEventStore(), { list: async () => [] });
  const engine = new DetectionEngine(settings, baselines, { catalogue: IDENTITY_DETECTORS });
  const findings: Finding[] = [];
  for (const event of streams.flat().sort((a, b) => a.startedAt - b.startedAt)) engine.observeNow(event, 0, findings);
  engine.finish(findings);
  return findings;
};

export const typesIn = (...streams: readonly (readonly ApiEvent[])[]): string[] => [
  ...new Set(findingsIn(...streams).map(({ type }) => type)),
];
