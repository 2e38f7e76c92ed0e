import { describe, expect, it } from '@jest/globals';
import type { Finding, Severity } from '@outrider/domain/detection/alert';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import * as z from 'zod';
import { defineDetector, detectorSettings, type DetectorDefinition } from '../../engine/detector.ts';
import { findingOf } from '../../engine/finding-draft.ts';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { compositeRisk } from './composite-risk.definition.ts';
import { scannerClient } from '../scanner-client/scanner-client.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);

/** Finds something in each request whose path is its own name. */
const finder = (
  type: 'new-client' | 'sequential-crawling' | 'data-exfiltration' | 'new-origin',
  severity: Severity,
): DetectorDefinition =>
  defineDetector({
    type,
    version: '1',
    scope: 'caller',
    page: scannerClient.page,
    settings: detectorSettings({ unused: z.number().default(1) }),
    make: () => ({
      evicted: 0,
      forgetLanes: () => undefined,
      forget: () => undefined,
      observe: (event, at, { entity, warmUp }) =>
        event.path !== `/${type}`
          ? undefined
          : findingOf({
              event, entity, type, version: '1', severity, confidence: 0.85, at, from: at, evidence: undefined, explanation: 'a sign',
              observed: { metric: 'signs', value: 1, unit: '' }, expected: { low: 0, high: 1, mean: 0, n: 0, p: 1, warmUp },
            }), // prettier-ignore
    }),
  });

const told = (...kinds: readonly [Parameters<typeof finder>[0], Severity][]): readonly Finding[] => {
  const engine = engineOf(...kinds.map(([type, severity]) => finder(type, severity)), compositeRisk);
  const events = kinds.map(([type], i) => anApiEvent({ path: `/${type}`, startedAt: AT + i * 60_000 }));
  return findingsIn(engine, events).filter(({ type }) => type === 'composite-risk');
};

describe('composite-risk', () => {
  it('joins weak signs of three families on one caller, and names them', () => {
    const found = told(['new-client', 'low'], ['sequential-crawling', 'low'], ['data-exfiltration', 'low']);
    expect(found).toHaveLength(1);
    expect(found[0]?.explanation).toContain('sequential-crawling');
  });

  it('counts a family once', () => {
    expect(told(['new-client', 'low'], ['new-origin', 'low'], ['sequential-crawling', 'low'])).toEqual([]);
  });

  it('adds nothing to what is high by itself', () => {
    expect(
      told(
        ['new-client', 'high'],
        ['sequential-crawling', 'medium'],
        ['data-exfiltration', 'medium'],
        ['new-origin', 'medium'],
      ),
    ).toEqual([]);
  });
});
