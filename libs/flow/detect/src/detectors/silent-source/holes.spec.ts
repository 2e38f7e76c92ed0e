import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { silentSource } from './silent-source.definition.ts';

const NOON = Date.UTC(2026, 0, 7, 12);
const [SECOND, MINUTE] = [1_000, 60_000];
const NOBODY = anAnonymousEvent();

/** Fifty requests a second of `callers`, while `goes`. */
const stream = (from: number, to: number, callers: number, goes: (at: number) => boolean = () => true): ApiEvent[] => {
  const events: ApiEvent[] = [];
  for (let at = from, i = 0; at < to; at += 20, i++)
    if (goes(at)) events.push({ ...NOBODY, startedAt: at, receivedAt: at, clientIp: `192.0.2.${i % callers}` });
  return events;
};
const seldom = (from: number, to: number): ApiEvent[] => stream(from, to, 3).filter((_event, i) => i % 5_000 === 0);
const outside = (from: number, seconds: number) => (at: number) => at < from || at >= from + seconds * SECOND;
const found = (...events: readonly ApiEvent[][]) => findingsIn(engineOf(silentSource), events.flat());
const BEGIN = NOON - 15 * MINUTE;

describe('a stream of fifty requests a second', () => {
  it('that is cut for a minute and goes on is told, with what is missing', () => {
    const [first, ...more] = found(stream(BEGIN, NOON + 3 * MINUTE, 10, outside(NOON, 60)));
    expect(first).toMatchObject({ severity: 'low', entity: { kind: 'gateway' }, observed: { value: 60, unit: 's' } });
    expect(first?.explanation).toContain('about 3001 lines are missing');
    expect((first?.detectedAt ?? 0) - NOON).toBeLessThanOrEqual(75 * SECOND);
    expect(more).toEqual([]);
  });

  it.each<[string, ApiEvent[]]>([
    ['was cut for half a minute', stream(BEGIN, NOON + 3 * MINUTE, 10, outside(NOON, 30))],
    ['is known for five minutes', stream(NOON - 5 * MINUTE, NOON + 3 * MINUTE, 10, outside(NOON, 60))],
    ['ends, with a few callers left', [...stream(BEGIN, NOON, 10), ...seldom(NOON + 80 * SECOND, NOON + 20 * MINUTE)]],
    ['is the loop of one caller', stream(BEGIN, NOON + 3 * MINUTE, 1, outside(NOON, 60))],
    ['paused as long before', stream(BEGIN - 15 * MINUTE, NOON + 3 * MINUTE, 10, (at) => outside(BEGIN - 5 * MINUTE, 40)(at) && outside(NOON, 60)(at))], // prettier-ignore
    [
      'has an hour between two files',
      [...stream(BEGIN, NOON, 10), ...stream(NOON + 60 * MINUTE, NOON + 65 * MINUTE, 10)],
    ],
  ])('is let pass when it %s', (_name, events) => {
    expect(found(events)).toEqual([]);
  });
});
