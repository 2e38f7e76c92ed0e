import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { findingsOf } from '../credential-stuffing/findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const KEY = 'f00df00df00df00d';

const times = (n: number, make: (i: number) => ApiEvent): ApiEvent[] => Array.from({ length: n }, (_, i) => make(i));
const good = (n = 48, more: (i: number) => Partial<ApiEvent> = () => ({})): ApiEvent[] =>
  times(n, (i) => anApiEvent({ startedAt: AT - 48 * HOUR + i * HOUR, ...more(i) }));
const tried = (n: number, clientIp: string, more: Partial<ApiEvent> = {}, from = AT): ApiEvent[] =>
  times(n, (i) => aRefusedEvent({ startedAt: from + i * 2 * MINUTE, credentialFingerprint: KEY, clientIp, ...more }));
const found = (events: readonly ApiEvent[]) => findingsOf(events).filter(({ type }) => type === 'revoked-credential');

describe('revoked-credential', () => {
  it('tells a withdrawn key that turns up elsewhere, on the credential, and names whose it was', () => {
    const findings = found([...good(), ...tried(8, '192.0.2.15')]);
    expect(findings[0]).toMatchObject({ severity: 'medium', entity: { kind: 'credential' }, observed: { value: 5 } });
    expect(findings[0]?.explanation).toContain('alice');
  });

  it('takes the many networks of one provider for its own, and not for everybody', () => {
    const pool = good(48, (i) => ({ clientIp: `203.0.${i % 20}.1` }));
    expect(found([...pool, ...tried(8, '192.0.2.15')])).not.toEqual([]);
    expect(found([...pool, ...tried(8, '203.0.99.15')])).toEqual([]);
  });

  it('tells a key of two hours only where a program that never had it goes on and on', () => {
    const young = good(200, (i) => ({ startedAt: AT - 2 * HOUR + i * 30_000 }));
    const script = { userAgent: 'python-requests/2.31.0' };
    const tries = times(20, (i) =>
      aRefusedEvent({ startedAt: AT + i * MINUTE, credentialFingerprint: KEY, clientIp: '192.0.2.15', ...script }),
    );
    expect(found([...young, ...tries])[0]).toMatchObject({ severity: 'medium', observed: { value: 15 } });
    expect(found([...young, ...tries.slice(0, 14)])).toEqual([]);
    const own = young[0]?.userAgent ?? '';
    // a token that ended, on its own phone, on its way
    expect(found([...young, ...tries.map((event) => ({ ...event, userAgent: own }))])).toEqual([]);
  });

  it.each<[string, ApiEvent[]]>([
    ['its own address going on with the old key', [...good(), ...tried(200, '198.51.100.10')]],
    ['a neighbour of its own network', [...good(), ...tried(200, '198.51.7.10')]],
    ['a key that was never seen working', tried(200, '192.0.2.15')],
    [
      'a token that lived for an hour',
      [...good(48, (i) => ({ startedAt: AT - HOUR + i * MINUTE })), ...tried(50, '192.0.2.15')],
    ],
    [
      'an app’s key in everybody’s hands',
      [...good(47, (i) => ({ clientIp: `203.${i}.1.1` })), ...tried(50, '192.0.2.15')],
    ],
    ['two tries', [...good(), ...tried(2, '192.0.2.15')]],
    [
      'a refusal by right rather than by key',
      [...good(), ...tried(50, '192.0.2.15', { status: 403, refusal: 'forbidden' })],
    ],
    [
      'an outage of the key store: it works again',
      [
        ...good(),
        ...tried(4, '192.0.2.15'),
        anApiEvent({ startedAt: AT + 9 * MINUTE }),
        ...tried(4, '192.0.2.15', {}, AT + 10 * MINUTE),
      ],
    ],
  ])('is silent on %s', (_name, events) => {
    expect(found(events)).toEqual([]);
  });
});
