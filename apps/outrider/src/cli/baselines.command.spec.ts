import { describe, expect, it } from '@jest/globals';
import type { BaselineChart } from '@outrider/contracts/http/baselines';
import { baselineText } from './baselines.command.ts';

const AT = Date.UTC(2026, 0, 5, 9);
const chart = (over: Partial<BaselineChart> = {}): BaselineChart => ({
  ...{
    kind: 'consumer',
    id: 'alice',
    metric: 'requests',
    step: '1h',
    learnedAt: AT,
    warmUp: 'mature',
    n: 200,
    days: 8,
  },
  ...{ p999: 40, max: 42, group: null, excluded: [] },
  points: [
    { at: AT, observed: 20, expected: 21, low: 10, high: 35 },
    { at: AT + 3_600_000, observed: 400, expected: 21, low: 10, high: 35 },
  ],
  ...over,
});

describe('the chart of a baseline', () => {
  it('marks what lies beyond the band, and only that', () => {
    const [head, usual, spike] = baselineText(chart()).split('\n');
    expect(head).toBe('requests of consumer alice by 1h: mature, n = 200 windows on 8 days, max 42, p99.9 40');
    expect(usual).toMatch(/^2026-01-05 09:00 {3}█.*20 \(10–35\)$/);
    expect(spike).toMatch(/^2026-01-05 10:00 ! .*█ 400 \(10–35\)$/);
  });

  it('says what is borrowed and what taught nothing, and never writes control characters of a name', () => {
    const text = baselineText(
      chart({
        id: 'a\u001b[31m',
        group: { by: 'tags', name: 'gold', peers: 7 },
        excluded: [{ from: 1, to: 2 }],
        points: [],
      }),
    );
    expect(text).toContain('borrowed from 7 peers by tags (gold)');
    expect(text).toContain('1 spans of time taught nothing');
    expect(text).toContain('Nothing in this time.');
    expect(text).not.toContain('\u001b');
  });
});
