import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { scannerClient } from './scanner-client.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const DAY = 86_400_000;
const withoutHeaders = (events: readonly ApiEvent[]): ApiEvent[] =>
  events.map((event) => ({ ...event, clientFingerprint: '' }));
const calls = (userAgent: string, paths: readonly string[], everyMs = 1_000): ApiEvent[] =>
  paths.map((path, i) => anAnonymousEvent({ startedAt: AT + i * everyMs, userAgent, path, clientFingerprint: 'f00d' }));
const different = (n: number): string[] => Array.from({ length: n }, (_, i) => `/p/${i}`);
const severities = (events: readonly ApiEvent[]): readonly string[] =>
  findingsIn(engineOf(scannerClient), events).map(({ severity }) => severity);

describe('scanner-client', () => {
  it.each<[string, readonly ApiEvent[], string | undefined]>([
    ['two paths by sqlmap', calls('sqlmap/1.8#stable (https://sqlmap.org)', different(2)), 'medium'],
    ['one parameter of the front page by sqlmap', calls('sqlmap/1.8', Array<string>(20).fill('/')), 'medium'],
    ['one knock of zgrab', calls('Mozilla/5.0 zgrab/0.x', ['/']), undefined],
    [
      'a tool that asks for what everybody asks for',
      calls('masscan/1.3', ['/', '/robots.txt', '/favicon.ico']),
      undefined,
    ],
    ['a survey of three paths', calls('Mozilla/5.0 (compatible; CensysInspect/1.1)', different(3)), undefined],
    ['a survey that stays', calls('Mozilla/5.0 (compatible; CensysInspect/1.1)', different(9)), 'low'],
    // what `nmap -sV` sends, without any header
    [
      'a look at the service by nmap, which names nothing',
      calls('', ['/', '/', '/nice%20ports%2C/Tri%6Eity.txt%2ebak']).map((event) => ({
        ...event,
        status: 404,
        clientFingerprint: '',
      })),
      'medium',
    ],
    [
      'dirb under the name of a browser',
      calls('Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)', ['/randomfile1']).map((event) => ({
        ...event,
        status: 404,
      })),
      'medium',
    ],
    [
      'files that are there under such a name',
      calls('Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0', [
        '/docs/randomfile1',
        '/nmap/install',
      ]),
      undefined,
    ],
    ['medusa by its odd name', calls("I'm not Mozilla, I'm Ming Mong", different(3)), 'medium'],
    ['curl without a credential', calls('curl/8.4.0', different(60)), undefined],
    ['a headless browser', calls('Mozilla/5.0 HeadlessChrome/121.0', different(60)), undefined],
    ['an address that names no client and walks about', calls('', different(30)), 'low'],
    ['a mail server that looks where links lead', calls('', different(30)).map((event) => ({ ...event, status: 302 })), undefined], // prettier-ignore
    ['an address of whose headers nothing was logged', withoutHeaders(calls('', different(30))), undefined],
    [
      'a device that names no client and asks for two pages',
      calls('', [...different(2), ...Array<string>(60).fill('/p/1')]),
      undefined,
    ],
  ])('%s', (_name, events, severity) => {
    expect(severities(events)[0]).toBe(severity);
  });

  it('is silent on the gateways that look at every link of a newsletter, and tells as many addresses that find nothing', () => {
    const visits = (status: number) =>
      Array.from({ length: 240 }, (_, i) => ({ ...calls('', [`/c/${i}`])[0], status, clientIp: `203.0.113.${i % 6}`, startedAt: (calls('', ['/c'])[0]?.startedAt ?? 0) + i * 500 }) as ApiEvent); // prettier-ignore
    expect(severities(visits(302))).toEqual([]);
    expect(severities(visits(404))).not.toEqual([]);
  });

  it('knows a consumer’s own scanner after days, and tells a stolen key at once', () => {
    const nightly = (day: number): ApiEvent[] =>
      different(5).map((path, i) =>
        anApiEvent({ startedAt: AT + day * DAY + i * 1_000, path, userAgent: 'ZAP/2.14.0' }),
      );
    expect(severities(nightly(0))).toContain('high');
    const engine = engineOf(scannerClient);
    findingsIn(engine, [...nightly(0), ...nightly(1)]);
    expect(findingsIn(engine, nightly(4))).toEqual([]);
  });
});
