import { expect, test } from '@jest/globals';
import { STRENGTHS } from '@outrider/corpus/attacks/attack';
import type { Label } from '@outrider/corpus/corpus';
import type { AlertLine } from './alert-line.ts';
import { figuresOf } from './figures.ts';
import type { Detection } from './match.ts';
import type { Result } from './run.ts';

const detection = (strength: Label['strength'], seconds: number): Detection => ({
  label: { attack: 'loop', type: 'request-spike', strength } as Label,
  alert: {} as AlertLine,
  right: [],
  delayMs: seconds * 1000,
  requests: 1,
  alsoTold: [],
});

test('the delay of strong attacks is that of strong ones alone', () => {
  const detections = [900, 600, 40].map((seconds, i) => detection(STRENGTHS[i] ?? 'weak', seconds));
  const result = {
    run: { attacks: ['loop'], consumers: 1, days: 1 },
    matched: { detections, wrong: [], rightAlerts: 3, alsoTold: 0 },
    tally: { entries: 1, seconds: 1 },
  } as unknown as Result;
  const { loop } = figuresOf([result]).attacks;
  expect([loop?.strongSeconds, loop?.medianSeconds]).toEqual([40, 600]);
});
