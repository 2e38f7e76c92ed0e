import { keyGuessing, loginGuessing, pathScan, spike } from './attacks.ts';
import type { Call, Caller } from './call.ts';
import * as habits from './habits.ts';
import type { Habit, Span } from './habits.ts';
import type { Random } from './random.ts';

export interface EstateOptions {
  readonly from: number;
  readonly days: number;
  readonly consumers: number;
  readonly attacks: readonly AttackName[];
  /** Requests a second of the planted spike. */
  readonly spikeRate: number;
}

export const ATTACKS = ['spike', 'keys', 'login', 'scan'] as const;
export type AttackName = (typeof ATTACKS)[number];

/** What a detector must name, and nothing else. */
export interface Label {
  readonly type: 'request-spike' | 'brute-force' | 'endpoint-probing';
  readonly entity: { readonly kind: 'consumer' | 'ip'; readonly name: string };
  readonly from: number;
  readonly to: number;
}

const HABITS: readonly [Habit, string][] = [
  [habits.human, 'human'],
  [habits.mobile, 'mobile'],
  [habits.partner, 'partner'],
  [habits.poller, 'poller'],
  [habits.hourly, 'hourly'],
  [habits.human, 'human'],
  [habits.nightly, 'nightly'],
  [habits.weekly, 'weekly'],
];
const AGENTS = [
  'okhttp/4.12.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
  'axios/1.7.2',
  'Java/17.0.11',
  'python-requests/2.32.0',
  'Go-http-client/1.1',
  'curl/8.5.0',
];

const address = (random: Random): string =>
  `${random.pick([81, 92, 145, 188, 213])}.${random.integer(1, 250)}.${random.integer(1, 250)}.${random.integer(1, 250)}`;

/** A labelled estate: consumers with their habits, everyday noise, and the attacks asked for in the last fifth of the time. */
export const estate = (random: Random, options: EstateOptions): { calls: Call[]; labels: Label[] } => {
  const span: Span = { from: options.from, to: options.from + options.days * 86_400_000 };
  const calls: Call[] = [];
  const callers: Caller[] = [];
  for (let i = 0; i < options.consumers; i++) {
    const [habit, name] = HABITS[i % HABITS.length] as [Habit, string];
    const caller: Caller = {
      consumer: { id: random.uuid(), username: `${name}-${i}`, credential: random.uuid(), key: random.hex(32) },
      userAgent: random.pick(AGENTS),
    };
    callers.push(caller);
    const addresses = Array.from({ length: name === 'mobile' ? 60 : random.integer(1, 3) }, () => address(random));
    const newcomer = i % 11 === 10; // begins in the middle
    for (const call of habit(
      random,
      caller,
      addresses,
      newcomer ? { from: (span.from + span.to) / 2, to: span.to } : span,
    ))
      calls.push(call);
  }
  for (const call of noise(random, span)) calls.push(call);
  return { calls, labels: attack(random, options, span, callers, calls) };
};

/** What every gateway sees: a stale key that polls, people who mistype, crawlers that ask for robots.txt, visitors of public pages. */
const noise = (random: Random, span: Span): Call[] => {
  const calls: Call[] = [];
  const stale = { caller: { userAgent: 'backup-agent/1.2' }, address: address(random), key: random.hex(32) };
  for (let at = span.from; at < span.to; at += 20_000)
    calls.push({
      at,
      caller: stale.caller,
      address: stale.address,
      method: 'GET',
      path: '/api/stock',
      status: 401,
      byKong: true,
      route: 'api',
      bytes: 280,
      latencyMs: 1,
      badKey: stale.key,
    });
  for (let at = span.from; at < span.to; at += random.wait(1 / 900) * 1000) {
    const from = address(random);
    const caller = { userAgent: random.pick(AGENTS) };
    for (let i = random.integer(1, 3); i > 0; i--)
      calls.push({
        at: at + i * 5000,
        caller,
        address: from,
        method: 'POST',
        path: '/login',
        status: i === 1 ? 200 : 401,
        route: 'login',
        bytes: 400,
        latencyMs: 90,
      });
  }
  for (let at = span.from; at < span.to; at += random.wait(1 / 300) * 1000)
    calls.push({
      at,
      caller: { userAgent: 'Mozilla/5.0 (compatible; bot)' },
      address: address(random),
      method: 'GET',
      path: random.pick(['/robots.txt', '/favicon.ico', '/']),
      status: 404,
      byKong: true,
      route: undefined,
      bytes: 200,
      latencyMs: 0,
    });
  for (let at = span.from; at < span.to; at += random.wait(1 / 30) * 1000)
    calls.push({
      at,
      caller: { userAgent: random.pick(AGENTS) },
      address: address(random),
      method: 'GET',
      path: random.pick(['/public/home', '/public/terms', '/public/catalogue']),
      status: 200,
      route: 'public',
      bytes: 9000,
      latencyMs: 12,
    });
  return calls;
};

const attack = (
  random: Random,
  options: EstateOptions,
  span: Span,
  callers: readonly Caller[],
  calls: Call[],
): Label[] => {
  const labels: Label[] = [];
  const length = span.to - span.from;
  const plant = (label: Omit<Label, 'from' | 'to'>, made: readonly Call[]): void => {
    for (const call of made) calls.push(call);
    labels.push({ ...label, from: made[0]?.at ?? 0, to: made.at(-1)?.at ?? 0 });
  };
  const moment = (): number => span.from + length * random.between(0.8, 0.95);
  for (const name of options.attacks) {
    const from = address(random);
    if (name === 'spike') {
      const victim = callers.find((c) => c.consumer?.username.startsWith('partner')) ?? callers[0];
      if (victim?.consumer)
        plant(
          { type: 'request-spike', entity: { kind: 'consumer', name: victim.consumer.username } },
          spike(random, victim, from, moment(), options.spikeRate, random.between(60, 240)),
        );
    }
    if (name === 'keys')
      plant(
        { type: 'brute-force', entity: { kind: 'ip', name: from } },
        keyGuessing(random, from, moment(), random.integer(25, 300), random.between(0.5, 5)),
      );
    if (name === 'login')
      plant(
        { type: 'brute-force', entity: { kind: 'ip', name: from } },
        loginGuessing(random, from, moment(), random.integer(40, 200), random.between(0.4, 4)),
      );
    if (name === 'scan')
      plant(
        { type: 'endpoint-probing', entity: { kind: 'ip', name: from } },
        pathScan(random, from, moment(), random.integer(60, 800), random.between(1, 20)),
      );
  }
  return labels;
};
