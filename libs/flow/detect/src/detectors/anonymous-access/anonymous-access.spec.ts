import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { findingsOf } from '../credential-stuffing/findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const SECOND = 1_000;
const HOUR = 3_600_000;

const times = (n: number, make: (i: number) => ApiEvent): ApiEvent[] => Array.from({ length: n }, (_, i) => make(i));
/** Hours (two days) of five consumers. */
const past = (more: Partial<ApiEvent> = {}, hours = 48): ApiEvent[] =>
  times(480, (i) => anApiEvent({ startedAt: AT - ((480 - i) * hours * HOUR) / 480, consumerId: `c${i % 5}`, ...more }));
const open = (n: number, more: Partial<ApiEvent> = {}): ApiEvent[] =>
  times(n, (i) => anAnonymousEvent({ startedAt: AT + i * 20 * SECOND, clientIp: '192.0.2.15', ...more }));
const found = (events: readonly ApiEvent[]) => findingsOf(events).filter(({ type }) => type === 'anonymous-access');

describe('anonymous-access', () => {
  it('tells the route that serves six requests without a credential after two days with', () => {
    const findings = found([...past(), ...open(6)]);
    expect(findings[0]).toMatchObject({
      severity: 'medium',
      entity: { kind: 'route', name: 'orders' },
      observed: { value: 3 },
    });
    expect(findings[0]?.contributors).toContainEqual({
      entity: { kind: 'ip', id: '192.0.2.15', name: '192.0.2.15' },
      count: 3,
    });
  });

  it('asks for five where less is known, and for three where hundreds of answers all went to callers with a credential', () => {
    expect(found([...past(), ...open(3)])).not.toEqual([]);
    expect(found([...past(), ...open(2)])).toEqual([]);
    expect(found([...past().slice(130), ...open(4)])).toEqual([]);
    expect(found([...past().slice(130), ...open(5)])).not.toEqual([]);
    const guest = anAnonymousEvent({ startedAt: AT - 30 * HOUR });
    expect(found([...past(), guest, ...open(4)])).toEqual([]);
  });

  it('needs little history where Kong was seen to refuse who has no credential', () => {
    const soon = past({}, 1);
    const refusals = times(3, (i) => aRefusedEvent({ startedAt: AT - HOUR + i * SECOND }));
    expect(found([...soon, ...open(6)])).toEqual([]);
    expect(found([...refusals, ...soon, ...open(6)]).length).toBeGreaterThan(0);
  });

  it('tells in a short log that all callers of a route lost their credentials at one moment, and nothing less', () => {
    const soon = past({}, 1);
    expect(found([...soon, ...open(20)])[0]).toMatchObject({ entity: { kind: 'route' }, observed: { value: 10 } });
    // one of them still comes with its own: the others were always let in
    const on = times(20, (i) => anApiEvent({ startedAt: AT + (1 + i) * 50 * SECOND, consumerId: 'c1' }));
    expect(found([...soon, ...open(20), ...on])).toEqual([]);
    // nobody is missed yet
    expect(found([...soon, ...open(20).map((event, i) => ({ ...event, startedAt: AT + i * SECOND }))])).toEqual([]);
  });

  it('tells an opened endpoint on a route that is mixed', () => {
    const open1 = { path: '/catalogue', pathTemplate: '/catalogue' };
    const guests = times(300, (i) => anAnonymousEvent({ startedAt: AT - 40 * HOUR + i * 60 * SECOND, ...open1 }));
    expect(found([...past(), ...guests, ...open(6)]).length).toBeGreaterThan(0);
    expect(found([...past(), ...guests, ...open(60, open1)])).toEqual([]);
  });

  it.each<[string, ApiEvent[]]>([
    [
      'a route that was always open',
      [...past(), ...times(50, (i) => anAnonymousEvent({ startedAt: AT - 30 * HOUR + i * SECOND })), ...open(60)],
    ],
    ['a new public route', open(500, { routeId: 'new' })],
    ['a log that shows one consumer alone', [...past({ consumerId: 'c1' }), ...open(60)]],
    ['a short log of few callers', [...past({ consumerId: 'c1' }, 2), ...open(60)]],
    ['a single answer', [...past(), ...open(1)]],
    ['answers of a plugin', [...past(), ...open(60, { answeredBy: 'kong' })]],
    ['refused requests', [...past(), ...open(60, { status: 401 })]],
    ['upstreams that check the keys themselves', [...past({ credentialId: '', consumerId: '' }), ...open(60)]],
  ])('is silent on %s', (_name, events) => {
    expect(found(events)).toEqual([]);
  });

  it('tells a route that was opened on purpose no more after two days', () => {
    const meant = times(100, (i) => anAnonymousEvent({ startedAt: AT + i * HOUR * 2 }));
    const findings = found([...past(), ...open(6), ...meant]);
    expect(findings.every(({ detectedAt }) => detectedAt < AT + 50 * HOUR)).toBe(true);
  });
});
