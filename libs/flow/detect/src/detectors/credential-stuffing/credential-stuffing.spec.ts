import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { judgeStuffing, type StuffingView } from './credential-stuffing.detector.ts';
import { CredentialStuffingSettings } from './credential-stuffing.settings.ts';
import { findingsOf } from './findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const times = (n: number, make: (i: number) => ApiEvent): ApiEvent[] => Array.from({ length: n }, (_, i) => make(i));
const login = (
  startedAt: number,
  status: number,
  n: number,
  clientFingerprint: string,
  more: Partial<ApiEvent> = {},
): ApiEvent =>
  anAnonymousEvent({
    startedAt,
    status,
    method: 'POST',
    path: '/login',
    pathTemplate: '/login',
    clientIp: `203.${n >> 8}.${n & 255}.7`,
    clientFingerprint,
    ...more,
  });
const stuffing = (events: readonly ApiEvent[]) =>
  findingsOf(events).filter(({ type }) => type === 'credential-stuffing');
/** People with 41 kinds of browser; one in eight mistypes. */
const people = (n: number, everyMs: number, from = AT, failing = 8): ApiEvent[] =>
  times(n, (i) => login(from + i * everyMs, i % failing === 0 ? 401 : 200, i, `browser${i % 41}`));

describe('credential-stuffing', () => {
  it('tells 100 addresses with two tries each from one program, on the service, within a minute of the 40th', () => {
    const attack = times(200, (i) => login(AT + HOUR + i * SECOND, 401, 1000 + (i % 100), 'kit'));
    const found = stuffing([...people(60, MINUTE), ...attack]);
    expect(found[0]).toMatchObject({ entity: { kind: 'service', name: 'orders' }, severity: 'high' });
    expect(found[0]?.detectedAt).toBeLessThan(AT + HOUR + 100 * SECOND);
    expect(found[0]?.contributors.some(({ entity }) => entity.kind === 'ip')).toBe(true);
  });

  it('is over when it is over: the next typo of anybody is not told as if it went on', () => {
    const attack = times(200, (i) => login(AT + HOUR + i * SECOND, 401, 1000 + (i % 100), 'kit'));
    const typo = login(AT + HOUR + 40 * MINUTE, 401, 7, 'kit');
    const last = stuffing([...people(60, MINUTE), ...attack, typo]).at(-1);
    expect(last?.detectedAt).toBeLessThan(AT + HOUR + 5 * MINUTE);
  });

  it('goes on while the same crowd comes back with more tries, and takes none that always did so for it', () => {
    const crowd = times(1_800, (i) => login(AT + HOUR + i * 200, 401, 1000 + (i % 60), 'kit'));
    expect(stuffing([...people(60, MINUTE), ...crowd]).at(-1)?.observed.value).toBeGreaterThan(1_500);
    const few = times(400, (i) => login(AT + HOUR + i * SECOND, 401, 1000 + (i < 300 ? i % 20 : i % 30), 'kit'));
    expect(stuffing([...people(60, MINUTE), ...few])).toEqual([]);
  });

  it('tells thirty failures of a program that never logged in, and not thirty of those that people use', () => {
    const attack = (kit: (i: number) => string) =>
      times(35, (i) => login(AT + HOUR + i * SECOND, 401, 1000 + i, kit(i)));
    expect(stuffing([...people(60, MINUTE), ...attack(() => 'kit')])[0]?.observed.value).toBe(30);
    expect(stuffing([...people(60, MINUTE), ...attack((i) => `browser${i % 41}`)])).toEqual([]);
  });

  it('is silent on a login that is out of order for its own users, however often they try', () => {
    const users = people(1_000, 30 * SECOND);
    const out = AT + 1_000 * 30 * SECOND;
    const tries = (from: number) =>
      times(600, (i) => login(out + i * SECOND, 401, from + (i % 200), `browser${i % 41}`));
    expect(stuffing([...users, ...tries(0)])).toEqual([]);
    expect(stuffing([...users, ...tries(2_000)]).length).toBeGreaterThan(0);
  });

  it('tells it through the key of one app that all its users share', () => {
    const app = { credentialId: 'app', consumerId: 'app', consumerName: 'app' };
    const attack = times(200, (i) => anApiEvent({ ...login(AT + i * SECOND, 401, 1000 + (i % 100), 'kit'), ...app }));
    expect(stuffing(attack).length).toBeGreaterThan(0);
  });

  it('tells it when it takes hours, by the program that only ever fails', () => {
    const attack = times(300, (i) => login(AT + i * 40 * SECOND, 401, 1000 + i, 'kit'));
    expect(stuffing([...people(800, 15 * SECOND), ...attack]).length).toBeGreaterThan(0);
  });

  it('is silent on many people who mistype: a Monday after the holidays', () => {
    expect(stuffing([...people(600, 30 * SECOND), ...people(600, 3 * SECOND, AT + 5 * HOUR, 2)])).toEqual([]);
  });

  it('is silent while the login is broken for all', () => {
    expect(stuffing([...people(900, 30 * SECOND), ...people(400, 6 * SECOND, AT + 8 * HOUR, 1)])).toEqual([]);
  });

  it('is silent on one office that fails often from few addresses', () => {
    expect(stuffing(times(300, (i) => login(AT + i * 2 * SECOND, 401, i % 4, 'office')))).toEqual([]);
  });

  it('looks at logins only', () => {
    const attack = times(200, (i) =>
      login(AT + i * SECOND, 401, i, 'kit', { path: '/orders', pathTemplate: '/orders' }),
    );
    expect(stuffing(attack)).toEqual([]);
  });

  const none = { failures: 0, addresses: 0, kinds: 0 };
  const view = (more: Partial<StuffingView>): StuffingView => ({
    failures: 0,
    successes: 0,
    addresses: 0,
    familiar: 0,
    suspects: none,
    hour: none,
    past: { spanMs: 24 * HOUR, failures: 100, successes: 900, maxAttempts: 60 },
    ...more,
  });
  const fresh = { spanMs: HOUR, failures: 0, successes: 0, maxAttempts: 0 };

  it.each<[string, StuffingView, string | undefined]>([
    ['a surge of failures from all kinds of clients', view({ failures: 200, successes: 40, addresses: 150 }), 'surge'],
    ['as many logins as ever, most failing', view({ failures: 50, successes: 5, addresses: 45 }), undefined],
    ['a surge that mostly works: a sale', view({ failures: 100, successes: 700, addresses: 90 }), undefined],
    [
      'hardly any history and nearly all fail',
      view({ failures: 120, successes: 4, addresses: 90, past: fresh }),
      'share',
    ],
    ['hardly any history, few of them', view({ failures: 60, successes: 4, addresses: 50, past: fresh }), undefined],
    ['few addresses with many tries each', view({ suspects: { failures: 400, addresses: 30, kinds: 1 } }), undefined],
    [
      'the same, of a crowd that is told',
      view({ suspects: { failures: 400, addresses: 30, kinds: 1 }, told: true }),
      'client',
    ],
    ['suspects in an hour, none of late', view({ hour: { failures: 60, addresses: 50, kinds: 1 } }), undefined],
    ['suspects in an hour', view({ failures: 6, hour: { failures: 60, addresses: 50, kinds: 1 } }), 'client'],
  ])('%s', (_name, v, by) => {
    expect(judgeStuffing(v, CredentialStuffingSettings.parse({}))?.by).toBe(by);
  });
});
