import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anonymousAt, findingsOf, START } from '../../objects/testing/object-traffic.ts';
import { sensitiveFlowAbuse } from './sensitive-flow-abuse.definition.ts';

const IP = '203.0.113.9';
const codes = (n: number, everyMs: number, more: (i: number) => Partial<ApiEvent> = () => ({})): ApiEvent[] =>
  Array.from(
    { length: n },
    (_, i) =>
    anonymousAt(START + i * everyMs, { clientIp: IP, method: 'POST', pathTemplate: '/auth/otp/send', clientFingerprint: 'app', ...more(i) }), // prettier-ignore
  );
const found = (...events: readonly ApiEvent[][]) => findingsOf(sensitiveFlowAbuse, events.flat());

describe('sensitive-flow-abuse', () => {
  it('tells six codes within a minute of an address that asks for nothing else', () => {
    const [first] = found(codes(6, 11_000));
    expect(first).toMatchObject({ detectedAt: START + 55_000, severity: 'medium', entity: { kind: 'ip', id: IP } });
    expect(first?.explanation).toContain('nothing else');
  });

  it.each<[string, ApiEvent[][]]>([
    ['somebody who presses again five times', [codes(5, 10_000)]],
    ['six within five minutes', [codes(6, 50_000)]],
    [
      'people who go on to use their code',
      [codes(6, 11_000), codes(6, 11_000, () => ({ pathTemplate: '/auth/session' }))],
    ],
    ['several programs behind one address', [codes(8, 9_000, (i) => ({ clientFingerprint: `app${i % 2}` }))]],
    [
      'an address in a place where another has had as many in an hour',
      [codes(6, 500_000, () => ({ clientIp: '192.0.2.7', startedAt: 0 })).map((event, i) => ({ ...event, startedAt: START - 3_600_000 + i * 500_000 })), codes(6, 11_000)], // prettier-ignore
    ],
  ])('is silent on %s', (_name, streams) => {
    expect(found(...streams)).toEqual([]);
  });
});
