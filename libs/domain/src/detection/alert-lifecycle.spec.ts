import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { acknowledgeAlert, hasRisen, isGraver, joinFinding, openAlert, resolveAlert } from './alert-lifecycle.ts';
import { Alert, AlertState, Finding, SEVERITIES } from './alert.ts';
import { anAlert } from './testing.ts';

const NOW = 1_767_225_700_000;
const AT = 1_767_225_600_000;
const OTHER = '00000000-0000-4000-8000-0000000000bb';
const ID = '00000000-0000-4000-8000-0000000000aa';

const aFinding = (overrides: Partial<Finding> = {}): Finding => Finding.parse({ ...anAlert(), ...overrides });
const requests = (value: number) => ({ metric: 'requests', value, unit: 'in 5 min' });
const entity = (id: string) => ({ kind: 'ip', id, name: id }) as const;
const NO_SCOPE = { services: [], routes: [], endpoints: [], tags: [] };

describe('an alert is opened', () => {
  test('as the finding says, not evaluated by anyone yet, and is a valid alert', () => {
    const alert = openAlert(
      aFinding({ window: { from: AT - 60_000, to: AT - 5_000 }, detectedAt: AT - 6_000 }),
      ID,
      NOW,
    );
    expect(Alert.parse(alert)).toEqual(alert);
    expect(alert).toMatchObject({
      id: ID,
      state: 'open',
      campaignId: ID,
      revision: 1,
      findings: 1,
      firstSeenAt: AT - 60_000,
      lastSeenAt: AT - 5_000,
      openedAt: NOW,
      resolvedAt: null,
    });
  });

  test('is last seen when it was detected, even when its window ended before', () => {
    expect(
      openAlert(aFinding({ window: { from: AT - 60_000, to: AT - 5_000 }, detectedAt: AT }), ID, NOW),
    ).toMatchObject({ lastSeenAt: AT });
  });
});

describe('a finding that joins an alert', () => {
  const alert = openAlert(aFinding({ observed: requests(900), explanation: 'nine hundred' }), ID, NOW);

  test('keeps the time of the first detection, also when it comes late', () => {
    expect(joinFinding(alert, aFinding({ detectedAt: AT + 5_000 }), NOW).detectedAt).toBe(AT);
    expect(joinFinding(alert, aFinding({ detectedAt: AT - 5_000 }), NOW).detectedAt).toBe(AT - 5_000);
  });

  test('is shown when it is the stronger one, with the explanation and query that belong to it', () => {
    const more = aFinding({ observed: requests(1_200), explanation: 'twelve hundred', query: 'SELECT 1200' });
    expect(joinFinding(alert, more, NOW)).toMatchObject({
      observed: { value: 1_200 },
      explanation: 'twelve hundred',
      query: 'SELECT 1200',
    });
    const less = aFinding({ observed: requests(300), explanation: 'three hundred', severity: 'critical' });
    expect(joinFinding(alert, less, NOW)).toMatchObject({
      observed: { value: 900 },
      explanation: 'nine hundred',
      severity: 'critical',
    });
  });

  test('of another metric is shown only when it is more severe, since the figures cannot be compared', () => {
    const other = (severity: 'high' | 'critical') =>
      aFinding({ observed: { metric: 'guesses', value: 5, unit: 'in 1 min' }, severity });
    expect(joinFinding(alert, other('high'), NOW).observed.metric).toBe('requests');
    expect(joinFinding(alert, other('critical'), NOW).observed.metric).toBe('guesses');
  });

  test('never lowers severity or confidence', () => {
    const joined = joinFinding(alert, aFinding({ severity: 'low', confidence: 0.1 }), NOW);
    expect(joined).toMatchObject({ severity: 'high', confidence: 0.9 });
  });

  test('adds samples that are new, ten at most, the first ones kept', () => {
    const first = openAlert(aFinding({ samples: ['a', 'b', 'c'] }), ID, NOW);
    const more = aFinding({ samples: ['c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'] });
    expect(joinFinding(first, more, NOW).samples).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']);
  });

  test('counts a contributor once, by its larger count, and keeps the ten largest', () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ entity: entity(`10.0.0.${i}`), count: 10 + i }));
    const first = openAlert(aFinding({ contributors: many }), ID, NOW);
    const joined = joinFinding(
      first,
      aFinding({ contributors: [{ entity: entity('10.0.0.3'), count: 50 }, { entity: entity('10.9.9.9'), count: 12 }] }), // prettier-ignore
      NOW,
    );
    expect(joined.contributors).toHaveLength(10);
    expect(joined.contributors[0]).toEqual({ entity: entity('10.0.0.3'), count: 50 });
    expect(joined.contributors.filter((one) => one.entity.id === '10.0.0.3')).toHaveLength(1);
    expect(joined.contributors.map((one) => one.entity.id)).not.toContain('10.0.0.0');
  });

  test('widens the scope that policies match on, and stays within its bounds', () => {
    const names = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
    const first = openAlert(aFinding({ scope: { ...NO_SCOPE, services: ['orders'], tags: names('t', 15) } }), ID, NOW);
    const joined = joinFinding(
      first,
      aFinding({ scope: { services: ['billing'], routes: names('r', 10), endpoints: [], tags: names('u', 15) } }),
      NOW,
    );
    expect([...joined.scope.services].sort()).toEqual(['billing', 'orders']);
    expect(Alert.parse(joined).scope.tags).toHaveLength(20);
  });

  test('leaves an acknowledged alert acknowledged, and raises its revision by one', () => {
    const seen = acknowledgeAlert(alert, 'ann', NOW);
    if (!seen) throw new Error('not acknowledged');
    expect(joinFinding(seen, aFinding(), NOW)).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: 'ann',
      revision: seen.revision + 1,
      findings: 2,
    });
  });

  test('gives the same peak, severity, span and first detection in any order', () => {
    const finding = fc
      .record({
        value: fc.integer({ min: 1, max: 1_000_000 }),
        severity: fc.constantFrom(...SEVERITIES),
        confidence: fc.integer({ min: 0, max: 100 }),
        from: fc.integer({ min: 0, max: 600_000 }),
        length: fc.integer({ min: 0, max: 300_000 }),
        detected: fc.integer({ min: -1_000, max: 5_000 }),
      })
      .map(({ value, severity, confidence, from, length, detected }) =>
        aFinding({
          observed: requests(value),
          explanation: `saw ${value}`,
          severity,
          confidence: confidence / 100,
          window: { from: AT + from, to: AT + from + length },
          detectedAt: AT + from + length + detected,
        }),
      );
    const joinAll = ([first, ...rest]: readonly Finding[]) => {
      if (!first) throw new Error('no finding');
      const joined = rest.reduce<Alert>((sum, one) => joinFinding(sum, one, NOW), openAlert(first, ID, NOW));
      const { observed, explanation, severity, confidence, window, firstSeenAt, lastSeenAt, detectedAt } = joined;
      const { findings, revision } = joined;
      return { observed, explanation, severity, confidence, window, firstSeenAt, lastSeenAt, detectedAt, findings, revision }; // prettier-ignore
    };
    fc.assert(
      fc.property(
        fc
          .array(finding, { minLength: 1, maxLength: 8 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => expect(joinAll(shuffled)).toEqual(joinAll(all)),
      ),
    );
  });
});

describe('what a person or time does to an alert', () => {
  const ACTS = { acknowledge: acknowledgeAlert, resolve: resolveAlert } as const;

  test.each([
    ['acknowledge', 'open', 'acknowledged'],
    ['acknowledge', 'acknowledged', undefined],
    ['acknowledge', 'resolved', undefined],
    ['resolve', 'open', 'resolved'],
    ['resolve', 'acknowledged', 'resolved'],
    ['resolve', 'resolved', undefined],
  ] as const)('%s an alert that is %s: %s', (act, from, to) => {
    expect(AlertState.options).toContain(from);
    const before = anAlert({ state: from, revision: 7 });
    const after = ACTS[act](before, 'ann', NOW);
    expect(after?.state).toBe(to);
    if (after) expect(after.revision).toBe(8);
  });

  test('names who did it and when, and keeps who had acknowledged it', () => {
    const seen = acknowledgeAlert(anAlert(), 'ann', NOW);
    expect(seen).toMatchObject({ acknowledgedBy: 'ann', resolvedAt: null, resolvedBy: null });
    if (seen)
      expect(resolveAlert(seen, 'outrider', NOW + 1)).toMatchObject({
        acknowledgedBy: 'ann',
        resolvedBy: 'outrider',
        resolvedAt: NOW + 1,
      });
  });
});

describe('an alert has risen', () => {
  test.each([
    [{ severity: 'critical', confidence: 0.5 }, true],
    [{ severity: 'high', confidence: 0.91 }, true],
    [{ severity: 'high', confidence: 0.904 }, false],
    [{ severity: 'medium', confidence: 0.9 }, false],
  ] as const)('from high at 0.9 to %j: %s', (after, risen) => {
    const simulated = false;
    expect(hasRisen({ severity: 'high', confidence: 0.9, simulated }, { ...after, simulated })).toBe(risen);
  });

  test('when it becomes real, however grave it was in simulation, and never by a simulated finding', () => {
    const trial = { severity: 'critical', confidence: 1, simulated: true } as const;
    const real = { severity: 'low', confidence: 0.5, simulated: false } as const;
    expect([hasRisen(trial, real), hasRisen(real, trial)]).toEqual([true, false]);
    expect([isGraver(real, trial), isGraver(trial, real)]).toEqual([true, false]);
  });
});

describe('simulated findings', () => {
  const real = aFinding({
    severity: 'low',
    confidence: 0.6,
    explanation: 'real',
    scope: { ...NO_SCOPE, services: ['orders'] },
  });
  const trial = aFinding({
    severity: 'critical',
    confidence: 1,
    explanation: 'on trial',
    observed: requests(9_000),
    scope: { ...NO_SCOPE, services: ['billing'] },
    simulated: true,
    window: { from: AT - 60_000, to: AT + 90_000 },
  });

  test('say nothing of what a real alert is like, in whatever order they come; they only keep it going', () => {
    for (const [first, then] of [
      [real, trial],
      [trial, real],
    ] as const)
      expect(joinFinding(openAlert(first, ID, NOW), then, NOW)).toMatchObject({
        simulated: false,
        severity: 'low',
        confidence: 0.6,
        explanation: 'real',
        scope: { services: ['orders'] },
        lastSeenAt: AT + 90_000,
        findings: 2,
        revision: 2,
      });
  });

  test('alone make a simulated alert, and an alert that becomes real keeps its id, state and campaign', () => {
    const seen = acknowledgeAlert({ ...openAlert(trial, ID, NOW), campaignId: OTHER }, 'ann', NOW);
    if (!seen) throw new Error('not acknowledged');
    expect(joinFinding(seen, trial, NOW).simulated).toBe(true);
    expect(joinFinding(seen, openAlert(real, OTHER, NOW + 5), NOW)).toMatchObject({
      id: ID,
      campaignId: OTHER,
      state: 'acknowledged',
      openedAt: NOW,
      simulated: false,
    });
  });
});
