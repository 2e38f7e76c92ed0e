import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { refused, request, type CallerStyle } from './consumers.ts';
import type { Actor } from './estate.ts';
import { Random, seedOf } from './random.ts';

const MINUTE_MS = 60_000;

/** Attacks know their events beforehand: `count` of them between `from` and `to`. */
const planted = (
  name: string,
  from: number,
  to: number,
  count: number,
  make: (at: number, i: number, random: Random) => ApiEvent,
): Actor => {
  const random = new Random(seedOf(11, name, from));
  const times = Array.from({ length: count }, () => Math.floor(random.between(from, to))).sort((a, b) => a - b);
  const events = times.map((at, i) => make(at, i, random));
  return { name, minute: (minute) => events.filter((e) => e.startedAt >= minute && e.startedAt < minute + MINUTE_MS) };
};

/** A loop: the caller's own requests, far too many, to one endpoint. */
export const loop = (style: CallerStyle, from: number, durationMs: number, perMinute: number): Actor =>
  planted(
    `${style.name}-loop`,
    from,
    from + durationMs,
    Math.round((perMinute * durationMs) / MINUTE_MS),
    (at, _i, random) => ({
      ...request(style, at, random),
      status: 200,
      path: '/search',
      pathTemplate: '/search',
    }),
  );

/** Random keys at the gateway. */
export const keyGuessing = (style: CallerStyle, from: number, durationMs: number, tries: number): Actor =>
  planted(`${style.name}-guess`, from, from + durationMs, tries, (at, _i, random) =>
    refused(request(style, at, random), random.hex(16)),
  );

/** Passwords at the upstream's login. */
export const loginGuessing = (style: CallerStyle, from: number, durationMs: number, tries: number): Actor =>
  planted(`${style.name}-login`, from, from + durationMs, tries, (at, _i, random) => ({
    ...request(style, at, random),
    method: 'POST',
    path: '/login',
    pathTemplate: '/login',
    status: 401,
  }));

const WORDS = [
  'admin',
  'backup',
  'wp-login.php',
  '.env',
  '.git',
  'config',
  'phpmyadmin',
  'server-status',
  'actuator',
  'console',
  'debug',
  'old',
  'test',
  'api-docs',
  'swagger',
  'cgi-bin',
  'shell',
  'db',
  'dump.sql',
  'jenkins',
  'solr',
  'manager',
  'setup',
  'install',
  'private',
];

/** A wordlist against unknown paths, as nikto does. */
export const pathScan = (style: CallerStyle, from: number, durationMs: number, paths: number): Actor =>
  planted(`${style.name}-scan`, from, from + durationMs, paths, (at, i, random) => {
    const word = WORDS[i % WORDS.length] ?? 'x';
    const path =
      i < WORDS.length ? `/${word}` : `/${word}/${WORDS[Math.floor(i / WORDS.length) % WORDS.length] ?? 'y'}`;
    return {
      ...request(style, at, random),
      path,
      pathTemplate: path,
      status: 404,
      answeredBy: 'kong',
      refusal: 'no-route',
      serviceId: '',
      serviceName: '',
      routeId: '',
      routeName: '',
      tries: 0,
      userAgent: 'Mozilla/5.00 (Nikto/2.5.0)',
    };
  });
