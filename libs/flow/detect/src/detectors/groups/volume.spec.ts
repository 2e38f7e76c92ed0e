import { describe, expect, it } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../../baseline/caller-history.ts';
import { DetectionEngine } from '../../engine/detection-engine.ts';
import { DetectSettings } from '../../settings.ts';
import { VOLUME_DETECTORS } from './volume.group.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const told = async (events: readonly ApiEvent[]): Promise<string[]> => {
  const engine = new DetectionEngine(
    DetectSettings.parse({}),
    { load: async (_caller, cutoff) => new CallerHistory(cutoff, cutoff) },
    { catalogue: VOLUME_DETECTORS },
  );
  const findings: Finding[] = [];
  for (const event of [...events].sort((a, b) => a.startedAt - b.startedAt)) await engine.observe(event, 0, findings);
  return [...new Set(findings.map(({ type, entity }) => `${type} ${entity.kind} ${entity.name}`))];
};

const times = (n: number, everyMs: number, make: (at: number, i: number) => ApiEvent, from = AT): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * everyMs, i));
const ip = (i: number): string => `203.${Math.floor(i / 250) % 250}.113.${i % 250}`;
const key = (i: number) => ({ consumerId: `c${i}`, consumerName: `c${i}`, credentialId: `k${i}` });
/** Half an hour of many visitors that look around, and of their orders. */
const visitors = (from = AT - 30 * MINUTE): ApiEvent[] =>
  times(
    3600,
    500,
    (at, i) => anAnonymousEvent({ startedAt: at, clientIp: ip(i % 90), pathTemplate: `/p/${i % 7}` }),
    from,
  );

describe('the volume detectors', () => {
  it('are silent on ordinary traffic', async () => {
    expect(await told(visitors())).toEqual([]);
  });

  it.each<[string, readonly string[], readonly ApiEvent[]]>([
    [
      'a code sent again and again by one address',
      ['sensitive-flow-abuse ip 192.0.2.1'],
      times(25, 20_000, (at) =>
        anAnonymousEvent({ startedAt: at, clientIp: '192.0.2.1', method: 'POST', pathTemplate: '/auth/otp/send' }),
      ),
    ],
    [
      'codes of many people behind one address, who go on',
      [],
      times(200, 10_000, (at, i) =>
        anAnonymousEvent({
          startedAt: at,
          clientIp: '192.0.2.1',
          method: 'POST',
          pathTemplate: i % 4 === 0 ? '/auth/otp/send' : '/cart',
        }),
      ),
    ],
    [
      'keys that take turns as each meets its limit',
      ['rate-limit-evasion ip 192.0.2.1'],
      times(60, 1000, (at, i) =>
        anApiEvent({
          startedAt: at,
          clientIp: '192.0.2.1',
          ...key(Math.floor(i / 8) % 6),
          status: i % 8 === 7 ? 429 : 200,
        }),
      ),
    ],
    [
      'colleagues behind one address who all meet their limit, each going on',
      [],
      times(300, 1000, (at, i) =>
        anApiEvent({ startedAt: at, clientIp: '192.0.2.1', ...key(i % 8), status: i % 3 === 0 ? 429 : 200 }),
      ),
    ],
    [
      'another claimed origin with each failed log-in',
      ['rate-limit-evasion ip 192.0.2.1'],
      times(30, 5000, (at, i) =>
        anAnonymousEvent({
          startedAt: at,
          clientIp: '192.0.2.1',
          forwardedFor: `10.0.0.${i}`,
          status: 401,
          pathTemplate: '/login',
        }),
      ),
    ],
    [
      'a load balancer that tells whom it stands for',
      [],
      times(600, 500, (at, i) =>
        anAnonymousEvent({
          startedAt: at,
          clientIp: '192.0.2.1',
          forwardedFor: ip(i % 200),
          userAgent: `a${i % 9}`,
          pathTemplate: `/p/${i % 7}`,
        }),
      ),
    ],
    [
      'bodies of megabytes at an endpoint of small ones',
      ['oversized-payload consumer c1'],
      times(100, 1000, (at, i) =>
        anApiEvent({ startedAt: at, method: 'PUT', ...key(i > 95 ? 1 : 2), requestBytes: i > 95 ? 4e6 : 900 }),
      ),
    ],
    ['uploads as ever', [], times(100, 1000, (at) => anApiEvent({ startedAt: at, method: 'PUT', requestBytes: 4e6 }))],
    [
      'heavy queries of one caller while the others are served as ever',
      ['latency-amplification consumer c1'],
      times(400, 1000, (at, i) =>
        anApiEvent({
          startedAt: at,
          ...key(i > 200 && i % 5 === 0 ? 1 : 2),
          latencyUpstreamMs: i > 200 && i % 5 === 0 ? 5000 : 20,
        }),
      ),
    ],
    [
      'a service that is slow for all',
      [],
      times(400, 1000, (at, i) => anApiEvent({ startedAt: at, ...key(i % 5), latencyUpstreamMs: i > 200 ? 5000 : 20 })),
    ],
    [
      'a flood by hundreds of addresses that nobody knew',
      ['distributed-flood service orders'],
      [
        ...visitors(),
        ...times(3000, 60, (at, i) =>
          anAnonymousEvent({
            startedAt: at,
            clientIp: `198.51.${Math.floor((i % 150) / 50)}.${i % 50}`,
            pathTemplate: '/p/1',
          }),
        ),
      ],
    ],
    [
      'a crowd that comes at once and looks around',
      [],
      [
        ...visitors(),
        ...times(3000, 60, (at, i) =>
          anAnonymousEvent({
            startedAt: at,
            clientIp: `198.51.${Math.floor((i % 150) / 50)}.${i % 50}`,
            pathTemplate: `/p/${(i * 7 + Math.floor(i / 150)) % 5}`,
          }),
        ),
      ],
    ],
    [
      'all of the gateway silent for half an hour, and back',
      ['silent-source gateway default'],
      [
        ...times(30 * 120, MINUTE / 2, (at) => anAnonymousEvent({ startedAt: at })),
        ...times(60, MINUTE / 2, (at) => anAnonymousEvent({ startedAt: at }), AT + 31.5 * HOUR),
      ],
    ],
    [
      'a consumer that never rests, gone for hours',
      ['traffic-drop consumer c1'],
      [
        ...times(4 * 24 * 60, MINUTE, (at) => anApiEvent({ startedAt: at, ...key(1) })),
        ...times(5 * 24 * 60, MINUTE, (at) => anAnonymousEvent({ startedAt: at + 7 })),
      ],
    ],
    [
      'lines from the future',
      ['log-loss gateway default'],
      times(30, 1000, (at) => anAnonymousEvent({ startedAt: at + HOUR, receivedAt: at })),
    ],
  ])('%s', async (_name, expected, events) => {
    expect(await told(events)).toEqual(expected);
  });
});
