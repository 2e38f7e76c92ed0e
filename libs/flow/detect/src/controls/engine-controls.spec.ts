import { expect, test } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type { DetectorState } from '@outrider/domain/detection/detection-control';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../baseline/caller-history.ts';
import { detectorOf } from '../detectors/catalogue.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { DetectorDefinition } from '../engine/detector.ts';
import { findingOf } from '../engine/finding-draft.ts';
import type { Watcher } from '../engine/watcher.ts';
import { DetectSettings } from '../settings.ts';
import { LiveControls } from './live-controls.ts';

const draftOf = (event: ApiEvent): Finding =>
  findingOf({
    event,
    entity: callerOf(event),
    type: 'injection-probing',
    version: '1',
    severity: 'low',
    confidence: 0.5,
    at: event.startedAt,
    from: event.startedAt,
    observed: { metric: 'probes', value: 1, unit: '' },
    expected: { low: 0, high: 0, mean: 0, n: 0, p: 1, warmUp: 'mature' },
    explanation: 'x',
    evidence: undefined,
  });

const withWatcher = (type: 'injection-probing' | 'composite-risk', watcher: Partial<Watcher>): DetectorDefinition => {
  const definition = detectorOf(type);
  if (!definition) throw new Error(`no detector ${type}`);
  const whole: Watcher = {
    observe: () => undefined,
    evicted: 0,
    forgetLanes: () => undefined,
    forget: () => undefined,
    ...watcher,
  };
  return { ...definition, make: () => whole };
};

/** An engine in which every event is a finding, and another detector goes by findings. */
const run = (state: DetectorState) => {
  const controls = new LiveControls();
  const decided = {
    tenant: 'default',
    type: 'injection-probing',
    service: '',
    route: '',
    state,
    settings: {},
  } as const;
  const id = '00000000-0000-4000-8000-000000000001';
  controls.refresh({ overrides: [{ ...decided, id, reason: '', updatedAt: 0, updatedBy: 'ann' }], exceptions: [] });
  const heard: Finding[] = [];
  const catalogue = [
    withWatcher('injection-probing', { observe: (event) => draftOf(event), tick: () => [draftOf(anApiEvent())] }),
    withWatcher('composite-risk', { heard: (finding) => void heard.push(finding) }),
  ];
  const baselines = { load: async () => new CallerHistory(0, 0) };
  const engine = new DetectionEngine(DetectSettings.parse({}), baselines, { controls, catalogue });
  const findings: Finding[] = [];
  engine.observeNow(anApiEvent(), 0, findings);
  return { findings, heard };
};

test('what is off is told neither to anybody nor to detectors that go by findings, nor when time alone completes it', () => {
  expect(run('off')).toEqual({ findings: [], heard: [] });
});

test('what is simulated is heard as simulated, so that nothing real is made of it', () => {
  const { findings, heard } = run('simulated');
  expect(findings.length).toBeGreaterThan(0);
  expect([...findings, ...heard].map(({ simulated }) => simulated)).not.toContain(false);
  expect(heard).toHaveLength(1);
});

test('what is on passes as it is', () => {
  const { findings, heard } = run('on');
  expect([...findings, ...heard].map(({ simulated }) => simulated)).not.toContain(true);
  expect(heard).toHaveLength(1);
});
