import { describe, expect, it } from '@jest/globals';
import { judgeComposite, weightOf, type Sign } from './composite-risk.detector.ts';
import { CompositeRiskSettings } from './composite-risk.settings.ts';

const settings = CompositeRiskSettings.parse({});
const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const sign = (severity: 'info' | 'low' | 'medium', agoHours = 0, confidence = 0.85): Sign => ({
  type: 'new-client',
  weight: weightOf({ severity, confidence }, settings),
  at: AT - agoHours * HOUR,
});

describe('composite-risk', () => {
  it.each<[string, readonly Sign[], boolean]>([
    ['three low signs of three families', [sign('low'), sign('low'), sign('low')], true],
    [
      'three low signs as sure as such are, within an hour',
      [sign('low', 0, 0.55), sign('low', 0.5, 0.55), sign('low', 1, 0.55)],
      true,
    ],
    ['two low signs and an info', [sign('low', 0, 0.7), sign('low', 0, 0.7), sign('info', 0, 0.7)], false],
    ['two medium signs', [sign('medium'), sign('medium')], false],
    ['three medium signs', [sign('medium'), sign('medium'), sign('medium')], true],
    ['three low signs, two of them two days old', [sign('low'), sign('low', 48), sign('low', 48)], false],
  ])('%s', (_name, signs, told) => {
    expect(judgeComposite(signs, AT, settings) !== undefined).toBe(told);
  });

  it('gives no weight to what is serious by itself', () => {
    expect(weightOf({ severity: 'high', confidence: 1 }, settings)).toBe(0);
  });
});
