import { describe, expect, test } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type { DetectorOverride } from '@outrider/domain/detection/detection-control';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../baseline/caller-history.ts';
import { CORE_DETECTORS } from '../detectors/groups/core.group.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import { DetectSettings } from '../settings.ts';
import { LiveControls } from './live-controls.ts';

const AT = Date.UTC(2026, 0, 5, 12, 1, 0);
const MINUTE = 60_000;
const key = (n: number): string => n.toString(16).padStart(16, '0');
const times = (n: number, everyMs: number, make: (at: number, i: number) => ApiEvent, from = AT): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * everyMs, i));
const to = (service: string): Partial<ApiEvent> => ({ serviceId: `id-${service}`, serviceName: service });

/** Guesses of keys: eight would be told, seven are below every limit. */
const guesses = (over: Partial<ApiEvent> = {}) =>
  times(7, 3_000, (startedAt, i) =>
    aRefusedEvent({ startedAt, credentialFingerprint: key(i), clientIp: '192.0.2.9', ...over }),
  );
/** A caller whose requests fail one in five, which is below what is told of who is new; all others are well. */
const errors = (over: Partial<ApiEvent> = {}) => [
  ...times(150, 1_000, (startedAt, i) => anApiEvent({ startedAt, status: i % 5 === 0 ? 500 : 200, ...over })),
  ...times(300, 500, (startedAt) => anApiEvent({ startedAt, consumerId: 'bob', credentialId: 'b', ...over })),
];
/** An hour of a call every ten seconds, then one every 0.7 s: less than a newcomer's floor. */
const spike = (over: Partial<ApiEvent> = {}) => [
  ...times(360, 10_000, (startedAt) => anApiEvent({ startedAt, ...over }), AT - 60 * MINUTE),
  ...times(430, 700, (startedAt) => anApiEvent({ startedAt, ...over })),
];

const override = (over: Partial<DetectorOverride> & Pick<DetectorOverride, 'type'>, tenant = 'default') => ({
  ...{ id: '00000000-0000-4000-8000-000000000001', service: '', route: '', state: null, settings: {}, reason: '' },
  ...{ updatedAt: 0, updatedBy: 'ann', tenant },
  ...over,
});
const told = async (events: readonly ApiEvent[], overrides: ReturnType<typeof override>[]): Promise<Finding[]> => {
  const controls = new LiveControls();
  controls.refresh({ overrides, exceptions: [] });
  const engine = new DetectionEngine(
    DetectSettings.parse({}),
    { load: async (_caller, block) => new CallerHistory(block, block) },
    { controls, catalogue: CORE_DETECTORS },
  );
  const findings: Finding[] = [];
  for (const event of [...events].sort((a, b) => a.startedAt - b.startedAt)) await engine.observe(event, 0, findings);
  return findings;
};
const types = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ type }) => type))];

const CASES = [
  { type: 'brute-force', traffic: guesses, settings: { gatewayFailures60s: 4, gatewayDistinct60s: 5 } },
  { type: 'error-spike', traffic: errors, settings: { learningErrorShare: 0.08 } },
  { type: 'request-spike', traffic: spike, settings: { learningFloor: 300, learningPeerRatio: 0, scheduledFactor: 1 } },
] as const;

describe.each(CASES)('$type', ({ type, traffic, settings }) => {
  test('goes by its own settings at a service for which somebody tuned it, and there alone', async () => {
    const tuned = [override({ type, service: 'pay', settings })];
    expect(types(await told(traffic(to('pay')), []))).toEqual([]);
    expect(types(await told(traffic(to('orders')), tuned))).toEqual([]);
    expect(types(await told(traffic(to('pay')), tuned))).toEqual([type]);
  });

  test('is off in one tenant and on in another', async () => {
    const everywhere = (tenant: string) => override({ type, settings }, tenant);
    const controls = [
      everywhere('on'),
      { ...everywhere('off'), id: '00000000-0000-4000-8000-000000000002', state: 'off' as const },
    ];
    const findings = await told([...traffic({ tenant: 'on' }), ...traffic({ tenant: 'off' })], controls);
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ tenant, type: of }) => `${tenant} ${of}`))).toEqual(new Set([`on ${type}`]));
  });

  test('is simulated where somebody tries it out', async () => {
    const findings = await told(traffic(to('pay')), [override({ type, service: 'pay', state: 'simulated', settings })]);
    expect([...new Set(findings.map((finding) => `${finding.type} ${finding.simulated}`))]).toEqual([`${type} true`]);
  });
});

test('words that make an endpoint a login hold where they were written, for brute force and for the errors that are its own', async () => {
  const guessing = times(40, 1_000, (startedAt) =>
    anAnonymousEvent({ startedAt, status: 401, method: 'POST', path: '/knock', pathTemplate: '/knock', ...to('pay') }),
  );
  const failing = times(200, 1_000, (startedAt, i) =>
    anAnonymousEvent({
      startedAt,
      status: i % 20 === 5 ? 404 : 400,
      method: 'POST',
      path: '/knock',
      pathTemplate: '/knock',
      ...to('pay'),
    }),
  );
  const words = [override({ type: 'brute-force', service: 'pay', settings: { authWords: ['knock'] } })];
  expect(types(await told(guessing, []))).toEqual([]);
  expect(types(await told(guessing, words))).toEqual(['brute-force']);
  expect(types(await told(failing, []))).toEqual(['error-spike']);
  expect(types(await told(failing, words))).toEqual(['brute-force']);
});

test('a caller of two services that are tuned apart is judged by each of them, whichever was asked last', async () => {
  const tuned = [override({ type: 'request-spike', service: 'pay', settings: CASES[2].settings })];
  const both = spike().map((event, i) => ({ ...event, ...to(i % 2 === 0 ? 'pay' : 'orders') }));
  const findings = await told(both, tuned);
  expect(types(findings)).toEqual(['request-spike']);
  expect(findings[0]?.expected.high).toBeLessThan(500);
});
