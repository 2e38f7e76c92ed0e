import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { sequenceAnomaly } from './sequence-anomaly.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const step = (who: string, at: number, name: string): ApiEvent =>
  anApiEvent({
    startedAt: at,
    consumerId: who,
    credentialId: who,
    method: name === 'cart' ? 'GET' : 'POST',
    path: `/basket/${name}`,
    pathTemplate: `/basket/${name}`,
  });
const flow = (who: string, at: number): ApiEvent[] =>
  ['cart', 'address', 'payment', 'confirm'].map((name, i) => step(who, at + i * 20_000, name));
const history = (): ApiEvent[] => Array.from({ length: 120 }, (_, i) => flow(`c${i % 6}`, AT + i * HOUR)).flat();
const straight = (who: string, n: number, from = AT + 130 * HOUR): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => step(who, from + i * 60_000, 'confirm'));
const entities = (...events: readonly ApiEvent[][]): string[] => [
  ...new Set(findingsIn(engineOf(sequenceAnomaly), events.flat()).map(({ entity }) => entity.id)),
];

describe('sequence-anomaly', () => {
  it('tells a consumer that goes straight to the end of a flow whose order it kept', () => {
    expect(entities(history(), straight('c1', 6))).toEqual(['c1']);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['it happens now and then', [history(), straight('c1', 3)]],
    ['a newcomer does as it pleases', [history(), straight('new', 12)]],
    [
      'many do: the flow has changed',
      [
        history(),
        ...[0, 1, 2, 3].map((i) => straight(`c${i}`, 3, AT + (130 + i) * HOUR)),
        straight('c4', 3, AT + 140 * HOUR),
      ],
    ],
    ['little is known', [flow('c1', AT), flow('c2', AT), straight('c1', 12)]],
  ])('is silent when %s', (_name, events) => {
    expect(entities(...events)).toEqual([]);
  });

  it('tells a consumer whose order was kept before anybody knew what is needed', () => {
    const early = [...flow('c5', AT), ...flow('c0', AT + HOUR / 4)];
    const later = Array.from({ length: 120 }, (_, i) => flow(`c${1 + (i % 5)}`, AT + (i + 1) * HOUR)).flat();
    const busy = Array.from({ length: 60 }, (_, i) => step('c0', AT + 60 * HOUR + i * 60_000, 'cart'));
    expect(entities(early, later, busy, straight('c0', 7))).toEqual(['c0']);
  });

  it('explains how often the order was kept and not', () => {
    const engine = engineOf(sequenceAnomaly);
    const events = [...history(), ...straight('c1', 3)];
    findingsIn(engine, events);
    expect(engine.explain(events.at(-1) as ApiEvent, 0)[0]?.says).toMatch(
      /^\S+ called POST \/basket\/confirm 3 times without the steps before it \(limit 4 within a day\), and 20 times with them\.$/,
    );
  });

  it('tells in a log of hours who did other things and then goes straight to the end, ten times', () => {
    const flows = Array.from({ length: 90 }, (_, i) => flow(`c${i % 6}`, AT + i * 60_000)).flat();
    const other = Array.from({ length: 8 }, (_, i) => step('c9', AT + i * 10 * 60_000, 'address'));
    const at = AT + 2 * HOUR;
    expect(entities(flows, other, straight('c9', 12, at))).toEqual(['c9']);
    expect(entities(flows, other, straight('c9', 8, at))).toEqual([]);
    // who calls back from a payment provider never does anything else
    expect(entities(flows, straight('callback', 30, at))).toEqual([]);
  });

  it('tells as low who came today and only ever takes the last step, where many others took the steps hundreds of times', () => {
    const many = Array.from({ length: 320 }, (_, i) => flow(`c${i % 20}`, AT + i * 20 * 60_000)).flat();
    const today = straight('new', 12, AT + 110 * HOUR);
    const found = findingsIn(engineOf(sequenceAnomaly), [...many, ...today]);
    expect(found[0]).toMatchObject({ severity: 'low', entity: { id: 'new' } });
    expect(entities(many, today.slice(0, 9))).toEqual([]);
    const few = many.filter(({ consumerId }) => Number(consumerId.slice(1)) < 8);
    expect(entities(few, today)).toEqual([]);
  });

  it('is silent on a release that lets many go straight on, however often each does', () => {
    const known = Array.from({ length: 200 }, (_, i) => flow(`c${i % 10}`, AT + i * HOUR)).flat();
    const release = (n: number) => Array.from({ length: 6 * n }, (_, i) => step(`c${i % n}`, AT + 210 * HOUR + i * 60_000, 'confirm')); // prettier-ignore
    expect(entities(known, release(8))).toEqual([]);
    expect(entities(known, release(2)).sort()).toEqual(['c0', 'c1']);
  });

  it('learns nothing from those who skip', () => {
    expect(entities(history(), straight('c1', 60), straight('c2', 6, AT + 150 * HOUR))).toEqual(['c1', 'c2']);
  });
});
