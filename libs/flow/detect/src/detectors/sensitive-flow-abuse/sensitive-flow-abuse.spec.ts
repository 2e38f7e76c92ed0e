import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anonymousAt, at, consumer, findingsOf, MINUTE, START } from '../../objects/testing/object-traffic.ts';
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

describe('a flow whose name does not say whether it sends codes or takes them', () => {
  const verify = (n: number, template = '/sms/verify') => codes(n, 25_000, () => ({ pathTemplate: template }));

  it('is told of an address that calls it twenty times in an hour and asks for nothing else', () => {
    const [first] = found(verify(40));
    expect(first).toMatchObject({
      detectedAt: START + 19 * 25_000,
      severity: 'medium',
      entity: { kind: 'ip', id: IP },
    });
    expect(first?.explanation).toContain('nothing else');
    expect(first?.explanation).toContain('or tries one');
  });

  it.each<[string, ApiEvent[]]>([
    ['an address whose people ask for their codes elsewhere', [...codes(19, 50_000), ...verify(40)]],
    ['an address whose people go on to sign in', [...verify(40), ...verify(40, '/auth/session')]],
    ['a backend with a key', verify(40).map((event) => ({ ...event, ...consumer(3) }))],
    ['nineteen', verify(19)],
  ])('is silent on %s', (_name, events) => {
    expect(found(events.toSorted((a, b) => a.startedAt - b.startedAt))).toEqual([]);
  });
});

describe('codes that a consumer asks for, of which only an hour is known', () => {
  const calls = (n: number, from: number, everyMs: number, pathTemplate: string, method = 'POST'): ApiEvent[] =>
    Array.from({ length: n }, (_, i) => at(from + i * everyMs, { ...consumer(1), method, pathTemplate, status: 202 }));
  const usual = calls(12, START - 60 * MINUTE, 5 * MINUTE, '/orders', 'GET');
  const sends = calls(60, START, 20_000, '/auth/otp/send');

  it('are told after forty when it was there for other things before and asks for nothing else now', () => {
    expect(found(usual, sends)[0]).toMatchObject({ severity: 'medium', detectedAt: START + 39 * 20_000 });
  });

  it('are told after a hundred when it came after the others and never asked for anything else', () => {
    const others = Array.from({ length: 60 }, (_, i) => at(START - 60 * MINUTE + i * MINUTE, consumer(2)));
    const many = calls(120, START, 20_000, '/auth/otp/send');
    expect(found(others, many)).not.toEqual([]);
    expect(found(others, many.slice(0, 90))).toEqual([]);
    expect(found(others, many, calls(60, START + 9_000, 40_000, '/auth/otp/verify'))).toEqual([]);
  });

  it.each<[string, ApiEvent[][]]>([
    ['who goes on to use them', [usual, sends, calls(60, START + 9_000, 20_000, '/auth/otp/verify')]],
    ['who never did anything else', [sends]],
    ['who did so all the time', [usual, calls(20, START - 55 * MINUTE, 160_000, '/auth/otp/send'), sends]],
    ['who sends texts for many', [usual, calls(60, START, 20_000, '/reminders/sms')]],
    ['thirty of them', [usual, calls(30, START, 20_000, '/auth/otp/send')]],
  ])('not of one %s', (_name, streams) => {
    expect(found(...streams)).toEqual([]);
  });
});
