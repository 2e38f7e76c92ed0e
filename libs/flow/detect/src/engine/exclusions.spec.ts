import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { bruteForce } from '../detectors/brute-force/brute-force.definition.ts';
import { CORE_DETECTORS } from '../detectors/groups/core.group.ts';
import { errorSpike } from '../detectors/error-spike/error-spike.definition.ts';
import { injectionProbing } from '../detectors/injection-probing/injection-probing.definition.ts';
import { OBJECT_ENUMERATION } from '../detectors/object-enumeration/object-enumeration.definition.ts';
import { anonymousAt, at, consumer, findingsOf, MINUTE, START } from '../objects/testing/object-traffic.ts';
import { engineOf, findingsIn } from '../testing/watch-events.ts';

const CHECKER = { userAgent: 'kube-probe/1.29', clientIp: '198.51.100.17' };
const DETECTORS = [
  ...CORE_DETECTORS.filter(({ type }) => type !== 'request-spike'),
  injectionProbing,
  OBJECT_ENUMERATION,
];

const many = (n: number, everyMs: number, one: (i: number) => Partial<ApiEvent>): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => anonymousAt(START + i * everyMs, { ...CHECKER, ...one(i) }));
const place = (path: string): Partial<ApiEvent> => ({ path, pathTemplate: path });
const seen = (events: readonly ApiEvent[]): number => {
  const engine = engineOf(...DETECTORS);
  findingsIn(engine, events);
  return engine.counts.observed;
};

describe('who calls himself a health checker', () => {
  it.each<[string, ApiEvent[]]>([
    ['checks what is well', many(600, 1_000, () => place('/orders/up'))],
    ['checks what is unwell', many(600, 1_000, () => ({ ...place('/orders/up'), status: 503 }))],
    ['checks thirty services', many(600, 2_000, (i) => place(`/service-${i % 30}/up`))],
    ['asks for a health path with any client', many(600, 1_000, () => ({ ...place('/healthz'), userAgent: 'curl/8' }))],
  ])('counts for nothing while it %s', (_what, events) => {
    expect(seen(events)).toBe(0);
  });

  it.each<[string, ApiEvent[]]>([
    ['guesses keys', many(40, 500, (i) => ({ ...place('/healthz'), status: 401, refusal: 'unauthenticated', answeredBy: 'kong', credentialFingerprint: `${i}`.padStart(16, '0') }))], // prettier-ignore
    ['guesses without showing them', many(40, 500, () => ({ ...place('/orders'), status: 401, refusal: 'unauthenticated', answeredBy: 'kong' }))], // prettier-ignore
    ['uses a key', many(40, 500, () => ({ ...place('/orders'), ...consumer(1) }))],
    ['changes something', many(40, 500, () => ({ ...place('/orders'), method: 'POST' }))],
    ['asks for what is not there', many(40, 500, (i) => ({ ...place(`/${i}.php`), status: 404 }))],
    ['injects', many(40, 500, () => ({ ...place('/healthz'), attacks: 'sqli:8' }))],
    ['asks questions', many(40, 500, () => ({ ...place('/healthz'), query: 'id=int:3' }))],
    [
      'asks by OPTIONS for what is not there',
      many(40, 500, (i) => ({ ...place(`/${i}`), method: 'OPTIONS', status: 404 })),
    ],
    ['injects by OPTIONS', many(40, 500, () => ({ ...place('/orders'), method: 'OPTIONS', attacks: 'sqli:8' }))],
  ])('is watched like anybody as soon as it %s', (_what, events) => {
    expect(seen(events)).toBe(events.length);
  });

  it('is watched when it walks over ids, or floods one place', () => {
    expect(seen(many(500, 1_000, (i) => ({ path: `/orders/${i}`, pathTemplate: '/orders/{id}' })))).toBe(468);
    expect(seen(many(1_000, 10, () => place('/healthz')))).toBe(700);
  });

  it('is told by the detectors when it guesses keys', () => {
    const guesses = many(60, 500, (i) => ({ ...place('/healthz'), status: 401, refusal: 'unauthenticated', answeredBy: 'kong', credentialFingerprint: `${i}`.padStart(16, '0') })); // prettier-ignore
    expect(findingsOf(bruteForce, guesses)[0]).toMatchObject({ type: 'brute-force', entity: { id: CHECKER.clientIp } });
  });

  it('is told by the detectors when it tries a list of words by OPTIONS', () => {
    const words = [
      '.env',
      'backup.zip',
      '.git/config',
      'wp-login.php',
      'phpinfo.php',
      'config.json',
      'server-status',
      'db.sql',
    ];
    const tried = many(200, 500, (i) => ({ ...place(`/${i}/${words[i % words.length] ?? ''}`), method: 'OPTIONS', status: 404 })); // prettier-ignore
    expect(findingsIn(engineOf(...DETECTORS), tried)[0]).toMatchObject({ entity: { id: CHECKER.clientIp } });
  });

  it('says nothing of browsers whose pages ask by OPTIONS before calls that an upstream answers 404', () => {
    const pages = many(1_800, 2_000, (i) => ({ ...place(`/api/part-${i % 12}/${Math.floor(i / 90)}`), pathTemplate: `/api/part-${i % 12}/{id}`, clientIp: `203.0.113.${i % 30}`, userAgent: 'Mozilla/5.0 Firefox/128.0', method: 'OPTIONS', status: 404 })); // prettier-ignore
    expect(findingsIn(engineOf(...DETECTORS), pages)).toEqual([]);
  });

  it('is told of nothing when its check is refused all day, or of a place that is gone', () => {
    for (const status of [401, 403, 404, 429]) {
      const refused = many(2 * 1_440, 30_000, () => ({ ...place('/healthz'), status, answeredBy: 'kong' }));
      expect(findingsIn(engineOf(...DETECTORS), refused)).toEqual([]);
    }
  });
});

describe('a health check that fails', () => {
  const service = { serviceId: 's', serviceName: 'orders' };
  const broken = Array.from({ length: 80 }, (_, i) =>
    at(START + 5 * MINUTE + i * 1_000, { ...consumer(1), ...service, status: i % 8 === 0 ? 200 : 503 }),
  );
  const earlier = Array.from({ length: 60 }, (_, i) => at(START + i * 2_000, { ...consumer(2), ...service }));
  const checks = (status: number) =>
    many(12, 10_000, (i) => ({ ...place('/healthz'), ...service, status, startedAt: START + 5 * MINUTE + i * 10_000 }));
  const later = Array.from({ length: 10 }, (_, i) =>
    at(START + 5 * MINUTE + i * 5_000, { ...consumer(2), ...service }),
  );

  it('says that the service is unwell, and not who calls it meanwhile', () => {
    expect(findingsOf(errorSpike, [...earlier, ...broken, ...checks(503)])).toEqual([]);
  });

  it('is needed for that where others are well', () => {
    const told = findingsOf(errorSpike, [...earlier, ...broken, ...later, ...checks(200)]);
    expect(told[0]).toMatchObject({ type: 'error-spike', entity: { kind: 'consumer' } });
  });

  it('is not needed where nobody else calls: eighty requests of one caller since its errors began tell nothing', () => {
    expect(findingsOf(errorSpike, [...earlier, ...broken])).toEqual([]);
  });
});
