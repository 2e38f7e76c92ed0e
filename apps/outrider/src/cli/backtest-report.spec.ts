import { describe, expect, it } from '@jest/globals';
import type { Backtest, BacktestResult } from '@outrider/domain/detection/backtest';
import { backtestText } from './backtest-report.ts';

const AT = Date.UTC(2026, 0, 5, 9);
const entity = { kind: 'consumer', id: 'c', name: 'al\u001b[31mice' } as const;
const alert = {
  type: 'rule:many',
  entity,
  severity: 'high',
  detectedAt: AT,
  lastSeenAt: AT,
  explanation: '40 requests',
} as const;
const block = {
  policy: 'p',
  action: 'block-consumer',
  entity,
  type: 'rule:many',
  severity: 'high',
  from: AT,
  until: AT + 600_000,
} as const;

const textOf = (over: Partial<BacktestResult> = {}): string => {
  const result: BacktestResult = {
    events: 4_000_000,
    run: 1_000_000,
    oneCallerIn: 4,
    seconds: 12.3,
    alerts: {
      before: 3,
      after: 33,
      gainedCount: 30,
      lostCount: 0,
      gained: Array.from({ length: 30 }, () => alert),
      lost: [],
    },
    blocks: { before: 1, after: 0, gainedCount: 0, lostCount: 1, gained: [], lost: [block] },
    consumersHit: 0,
    consumersFreed: 1,
    notes: ['about every 4th caller'],
    ...over,
  };
  const backtest: Backtest = {
    ...{
      id: '00000000-0000-4000-8000-000000000000',
      state: 'done',
      change: { kind: 'rule', rule: 'x' },
      from: AT,
      to: AT + 3_600_000,
    },
    ...{ startedAt: AT, startedBy: 'eve', progress: 1, error: null, result },
  };
  return backtestText(backtest);
};

describe('the report of a backtest', () => {
  it('tells what was run, that it was a part, the numbers, and whom it would have hit', () => {
    const text = textOf();
    expect(text).toContain('1,000,000 events in 12.3 s, about every 4. caller of 4,000,000 events');
    expect(text).toContain('Alerts  3 before, 33 after: 30 gained, 0 lost');
    expect(text).toContain('Consumers hit  0 newly, 1 no longer');
    expect(text).toContain('for 10 min\n    by "p" for rule:many (high)');
    expect(text).toContain('Note: about every 4th caller');
  });

  it('shows twenty of a list and how many more there are, and never writes control characters of a name', () => {
    const text = textOf();
    expect(text.match(/^\+ /gm)).toHaveLength(20);
    expect(text).toContain('and 10 more (--json)');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('Alerts lost\n');
  });

  it('says nothing of sampling where all callers were looked at', () => {
    expect(textOf({ oneCallerIn: 1, run: 5, events: 5 })).toContain('5 events in 12.3 s\n');
  });
});
