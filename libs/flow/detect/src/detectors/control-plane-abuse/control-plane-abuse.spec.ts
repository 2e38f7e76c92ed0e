import { describe, expect, it } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { aRefusedEvent, anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { controlPlaneAbuse } from './control-plane-abuse.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const SERVICE = '99999999-9999-4999-8999-999999999999';
const admin = { serviceId: SERVICE, serviceName: 'loopback', upstream: '127.0.0.1:8001', path: '/kong/services', pathTemplate: '/kong/services' }; // prettier-ignore
const by = (who: string) => ({ consumerId: who, consumerName: who, credentialId: `${who}-key` });
const told = (events: readonly ApiEvent[]): Finding[] => findingsIn(engineOf(controlPlaneAbuse), events);
const severities = (events: readonly ApiEvent[]): string[] => [...new Set(told(events).map(({ severity }) => severity))]; // prettier-ignore
/** Alerts as the analyzer would make them: an hour of quiet ends one. */
const alerts = (events: readonly ApiEvent[]): number => {
  let n = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const { detectedAt } of told(events)) {
    if (detectedAt - last > HOUR_MS) n++;
    last = detectedAt;
  }
  return n;
};
const every = (gapMs: number, n: number, make: (at: number, i: number) => ApiEvent, from = AT): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * gapMs, i));

/** Kong's documented way: the Admin API as a service with key-auth, used by operations and a pipeline that writes. */
const operations = (days: number): ApiEvent[] => [
  ...every(10 * MINUTE_MS, days * 144, (startedAt) => anApiEvent({ ...admin, ...by('pipeline'), startedAt })),
  ...every(DAY_MS, days, (startedAt) => anApiEvent({ ...admin, ...by('pipeline'), method: 'PATCH', startedAt: startedAt + 1000 })), // prettier-ignore
  ...every(DAY_MS, days, (startedAt) => anApiEvent({ ...admin, ...by('olga'), startedAt: startedAt + 3 * HOUR_MS })),
  ...every(DAY_MS, days, (startedAt) => aRefusedEvent({ ...admin, startedAt: startedAt + 4 * HOUR_MS })),
];

describe('control-plane-abuse', () => {
  it('tells once, as medium, that the Admin API is reachable, and not day after day what its administrators do', () => {
    const findings = told(operations(10));
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['medium']));
    expect(alerts(operations(10))).toBe(1);
    expect(findings[0]).toMatchObject({ entity: { kind: 'service', id: SERVICE, name: 'loopback' }, detectedAt: AT });
    expect(findings[0]?.explanation).toContain("Kong's Admin API (127.0.0.1:8001)");
  });

  it.each<[name: string, severity: string, events: readonly ApiEvent[]]>([
    ['nobody in particular is answered', 'high', [anAnonymousEvent({ ...admin, startedAt: AT })]],
    ['nobody in particular writes', 'critical', [anAnonymousEvent({ ...admin, method: 'POST', status: 201, startedAt: AT })]],
    ['a write of nobody is refused', 'medium', [anAnonymousEvent({ ...admin, method: 'POST', status: 409, startedAt: AT })]],
    ['the metadata service is read', 'high', [anAnonymousEvent({ upstream: '169.254.169.254:80', startedAt: AT })]],
    ['the cluster is asked with what it may check itself', 'medium', [anAnonymousEvent({ upstream: '10.0.0.1:6443', startedAt: AT })]],
    ['a load balancer asks whether Kong is well', 'low', every(10_000, 500, (startedAt) => anAnonymousEvent({ ...admin, path: '/kong/status', pathTemplate: '/kong/status', startedAt }))],
    ['the Status API is asked', 'low', [anAnonymousEvent({ ...admin, upstream: '127.0.0.1:8100', startedAt: AT })]],
  ])('when %s: %s', (_name, severity, events) => {
    expect(severities(events)).toEqual([severity]);
  }); // prettier-ignore

  it('tells of a caller that comes when the administrators are known, and again when it writes', () => {
    const late = AT + 5 * DAY_MS + 30 * MINUTE_MS;
    const newcomer = (startedAt: number, method = 'GET') => anApiEvent({ ...admin, ...by('mallory'), method, startedAt }); // prettier-ignore
    const found = told([...operations(6), newcomer(late), newcomer(late + 5 * HOUR_MS, 'DELETE')]).filter(
      ({ detectedAt }) => detectedAt >= late,
    );
    expect(found.map(({ severity, explanation }) => [severity, explanation.includes('changes')])).toEqual([
      ['high', false],
      ['high', true],
    ]);
    expect(found[0]?.contributors.map(({ entity }) => entity.id)).toContain('mallory');
  });

  it('tells of addresses by their networks, and of the same one only once', () => {
    const events = every(3 * HOUR_MS, 40, (startedAt, i) => anAnonymousEvent({ ...admin, clientIp: `203.0.113.${i}`, startedAt })); // prettier-ignore
    expect(alerts(events)).toBe(1);
  });

  it('tells of guessing at ten refusals with several keys, and of the key that was found', () => {
    const from = AT + 2 * DAY_MS + MINUTE_MS;
    const guess = (startedAt: number, i: number) => aRefusedEvent({ ...admin, credentialFingerprint: `${i}`, startedAt }); // prettier-ignore
    const [first] = told([...operations(3), ...every(5_000, 15, guess, from)]).filter(({ severity }) => severity === 'high'); // prettier-ignore
    expect(first?.detectedAt).toBe(from + 45_000);
    const found = anAnonymousEvent({
      ...admin,
      credentialFingerprint: 'found',
      method: 'POST',
      startedAt: AT + 80_000,
    });
    expect(told([...every(5_000, 15, guess), found]).at(-1)).toMatchObject({ severity: 'critical' });
  });

  it('tells of guessing from many addresses', () => {
    const tries = every(5_000, 50, (startedAt, i) => aRefusedEvent({ ...admin, clientIp: `203.0.${i % 9}.7`, credentialFingerprint: `${i}`, startedAt })); // prettier-ignore
    expect(severities(tries)).toEqual(['high']);
  });

  it.each<[string, readonly ApiEvent[]]>([
    ['a client goes on with a key that has ended', every(15_000, 300, (startedAt) => aRefusedEvent({ ...admin, startedAt, credentialFingerprint: 'old' }))],
    ['an ordinary service on Kong’s port is used', every(15_000, 50, (startedAt) => anAnonymousEvent({ startedAt, upstream: 'orders:8001' }))],
    ['Kong answers by itself', [anAnonymousEvent({ ...admin, startedAt: AT, answeredBy: 'kong', tries: 0, refusal: 'answered' })]],
    ['the control plane could not be reached', [anAnonymousEvent({ ...admin, startedAt: AT, status: 502, answeredBy: 'kong', refusal: 'upstream-unreachable' })]],
    ['no service is named', every(15_000, 50, (startedAt) => aRefusedEvent({ startedAt, upstream: '', credentialFingerprint: String(startedAt) }))],
  ])('is silent when %s', (_name, events) => {
    expect(told(events)).toEqual([]);
  }); // prettier-ignore

  it('counts refusals where the entry of a refused call does not name the target that others reached', () => {
    const hidden = { ...admin, upstream: 'innocent:80' };
    const reached = anApiEvent({ ...admin, ...by('olga'), startedAt: AT });
    const tries = every(5_000, 15, (startedAt, i) => aRefusedEvent({ ...hidden, credentialFingerprint: `${i}`, startedAt }), AT + DAY_MS); // prettier-ignore
    expect(severities([reached, ...tries])).toEqual(['medium', 'high']);
  });

  it('takes a host that says nothing for the Admin API once its answers prove it', () => {
    const on = (path: string, i: number) => anAnonymousEvent({ ...admin, upstream: '10.1.2.3:8001', path, pathTemplate: path, startedAt: AT + i * 1000 }); // prettier-ignore
    expect(told(['/x/services', '/x/routes', '/x/routes/1', '/x/plugins'].map(on))).toEqual([]);
    expect(severities(['/x/services', '/x/consumers', '/x/plugins'].map(on))).toEqual(['high']);
  });

  it('says of a call what it makes of it, and nothing of other calls', () => {
    const engine = engineOf(controlPlaneAbuse);
    const event = anApiEvent({ ...admin, ...by('olga'), startedAt: AT });
    findingsIn(engine, [event]);
    expect(engine.explain(event, 0)[0]?.says).toContain("127.0.0.1:8001 is Kong's Admin API");
    const other = anApiEvent({ startedAt: AT });
    findingsIn(engine, [other]);
    expect(engine.explain(other, 0)).toEqual([]);
  });
});
