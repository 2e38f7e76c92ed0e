import { describe, expect, test } from '@jest/globals';
import type { Label } from '@outrider/corpus/corpus';
import { AlertLine } from './alert-line.ts';
import { match } from './match.ts';

const FROM = Date.parse('2026-09-07T10:00:00Z');
const MINUTE = 60_000;

const label = (changes: Partial<Label> = {}): Label => ({
  attack: 'endpoint-probing',
  type: 'endpoint-probing',
  also: ['scanner-client'],
  entities: [{ kind: 'ip', name: '81.1.2.3' }],
  from: FROM,
  to: FROM + 5 * MINUTE,
  strength: 'weak',
  attackRequests: 3,
  times: [FROM, FROM + MINUTE, FROM + 5 * MINUTE],
  needs: undefined,
  consequences: [],
  ...changes,
});

const alert = (changes: { type?: string; kind?: string; id?: string; at?: number; by?: string } = {}): AlertLine => {
  const at = new Date(changes.at ?? FROM + MINUTE).toISOString();
  const id = changes.id ?? '81.1.2.3';
  return AlertLine.parse({
    type: changes.type ?? 'endpoint-probing',
    entity: { kind: changes.kind ?? 'ip', id, name: id },
    severity: 'high',
    confidence: 0.9,
    detectedAt: at,
    firstSeenAt: at,
    lastSeenAt: at,
    explanation: '',
    contributors: changes.by === undefined ? [] : [{ entity: { kind: 'ip', id: changes.by, name: changes.by } }],
  });
};

const verdict = (one: Label, ...alerts: AlertLine[]): string => {
  const { detections, wrong, alsoTold } = match([one], alerts);
  return `${detections[0]?.alert === undefined ? 'missed' : 'told'} ${alsoTold} also ${wrong.length} wrong`;
};

describe('an alert', () => {
  test.each([
    ['of the type on the attacker', alert(), 'told 0 also 0 wrong'],
    ['of a type that is right as well', alert({ type: 'scanner-client' }), 'told 0 also 0 wrong'],
    ['of another type on the attacker', alert({ type: 'brute-force' }), 'missed 1 also 0 wrong'],
    ['on somebody else', alert({ id: '81.9.9.9' }), 'missed 0 also 1 wrong'],
    ['before the attack', alert({ at: FROM - 1 }), 'missed 0 also 1 wrong'],
    ['long after it', alert({ at: FROM + 90 * MINUTE }), 'missed 0 also 1 wrong'],
    ['soon after it', alert({ at: FROM + 30 * MINUTE }), 'told 0 also 0 wrong'],
    ['on an endpoint, with the attacker in it', alert({ type: 'error-spike', kind: 'endpoint', id: 'GET /x', by: '81.1.2.3' }), 'missed 1 also 0 wrong'],
    ['on an endpoint, without the attacker', alert({ type: 'error-spike', kind: 'endpoint', id: 'GET /x' }), 'missed 0 also 1 wrong'],
  ])('%s: %s', (_what, one, expected) => expect(verdict(label(), one)).toBe(expected)); // prettier-ignore

  test('on any service is right where nobody can be named, and only of the right type', () => {
    const flood = label({ type: 'distributed-flood', also: [], entities: [{ kind: 'service' }] });
    expect(verdict(flood, alert({ type: 'distributed-flood', kind: 'service', id: 's1' }))).toBe('told 0 also 0 wrong');
    expect(verdict(flood, alert({ type: 'error-spike', kind: 'service', id: 's1' }))).toBe('missed 0 also 1 wrong');
  });
});

test('what follows from an attack by itself is no false alarm, in its time and of its type', () => {
  const entities = [{ kind: 'consumer' as const, name: 'c1' }];
  const asleep = label({ consequences: [{ type: 'traffic-drop', entities, from: FROM - 500 * MINUTE, to: FROM }] });
  const at = FROM - 100 * MINUTE;
  expect(verdict(asleep, alert({ type: 'traffic-drop', kind: 'consumer', id: 'c1', at }))).toBe(
    'missed 1 also 0 wrong',
  );
  expect(verdict(asleep, alert({ type: 'traffic-drop', kind: 'consumer', id: 'c2', at }))).toBe(
    'missed 0 also 1 wrong',
  );
  expect(verdict(asleep, alert({ type: 'off-hours', kind: 'consumer', id: 'c1', at }))).toBe('missed 0 also 1 wrong');
});

describe('a detection', () => {
  test('is the first right alert, with the time and the requests until then', () => {
    const { detections } = match([label()], [alert({ at: FROM + 4 * MINUTE }), alert({ at: FROM + 2 * MINUTE })]);
    expect(detections[0]).toMatchObject({ delayMs: 2 * MINUTE, requests: 2 });
  });

  test('of one attack does not explain an alert on another attacker', () => {
    const other = label({ entities: [{ kind: 'ip', name: '81.9.9.9' }] });
    const { detections, wrong } = match([label(), other], [alert()]);
    expect(detections.map((one) => one.alert !== undefined)).toEqual([true, false]);
    expect(wrong).toHaveLength(0);
  });
});
