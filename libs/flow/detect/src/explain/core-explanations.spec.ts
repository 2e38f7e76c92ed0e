import { expect, test } from '@jest/globals';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../baseline/caller-history.ts';
import { DetectSettings } from '../settings.ts';
import { explainEvent } from './event-explanation.ts';

const NOBODY: AllControls = { overrides: [], exceptions: [] };
const AT = Date.UTC(2026, 0, 5, 12, 1, 0);
const times = (n: number, everyMs: number, make: (at: number, i: number) => ApiEvent, from = AT): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * everyMs, i));

/** What a detector says of the last of these. */
const saysOf = async (type: string, events: readonly ApiEvent[]): Promise<string | undefined> => {
  const sorted = [...events].sort((a, b) => a.startedAt - b.startedAt);
  const event = sorted.at(-1);
  if (!event) throw new Error('no event');
  const explanation = await explainEvent(
    {
      settings: DetectSettings.parse({ maxCallers: 1_000 }),
      baselines: { load: async (_caller, block) => new CallerHistory(block, block) },
      controls: NOBODY,
      rules: [],
    },
    { event, before: sorted, truncated: false },
  );
  const verdict = explanation.detectors.find((one) => one.type === type);
  return verdict?.outcome === 'concerned' ? verdict.says : verdict?.outcome;
};

test('request-spike tells the window’s counts and what they are held against', async () => {
  const quiet = times(360, 10_000, (startedAt) => anApiEvent({ startedAt }), AT - 3_600_000);
  expect(await saysOf('request-spike', quiet)).toBe('unconcerned');
  expect(
    await saysOf('request-spike', [...quiet, ...times(120, 1_000, (startedAt) => anApiEvent({ startedAt }))]),
  ).toMatch(/^1\d\d requests of alice in 5 min; nobody looks closer below 200\.$/);
  const busy = [...quiet, ...times(300, 1_000, (startedAt) => anApiEvent({ startedAt }))];
  expect(await saysOf('request-spike', busy)).toMatch(
    /^alice made 3\d\d requests in 5 min \(\d+ and more are told\) and 30 in 30 s .* its busiest five minutes before were 30/,
  );
});

test('error-spike tells the caller’s errors, the others’, and why it is silent', async () => {
  const well = times(100, 1_000, (startedAt) => anApiEvent({ startedAt, consumerId: 'bob', credentialId: 'b' }));
  const own = (n: number) =>
    times(n, 4_000, (startedAt, i) => anApiEvent({ startedAt, status: i % 4 === 1 ? 500 : 200 }));
  expect(await saysOf('error-spike', [...well, ...own(30)])).toMatch(
    /^8 of 29 requests of alice to orders in 5 min ended in server errors .*; its other callers got 0 in \d+; below 50 requests only/,
  );
  expect(await saysOf('error-spike', [...well, ...own(30).slice(0, -1)])).toBe('unconcerned');
});

test('distributed-flood tells how many came, and who while there is a rush', async () => {
  const visits = times(
    1_200,
    1_000,
    (startedAt, i) => anAnonymousEvent({ startedAt, clientIp: `203.0.113.${i % 50}` }),
    AT - 1_200_000,
  );
  expect(await saysOf('distributed-flood', visits)).toMatch(
    /^70 requests without credentials came to orders .*nobody looks/,
  );
  const rush = times(1_500, 40, (startedAt, i) => anAnonymousEvent({ startedAt, clientIp: `198.51.100.${i % 250}` }));
  expect(await saysOf('distributed-flood', [...visits, ...rush.slice(0, 600)])).toMatch(
    /of \d+ addresses since the onset \d+ are new/,
  );
  expect(await saysOf('distributed-flood', [...visits, anApiEvent({ startedAt: AT })])).toBe('unconcerned');
});

test('brute-force tells failures against the limits that hold at the service', async () => {
  const failed = times(5, 1_000, (startedAt) =>
    anAnonymousEvent({ startedAt, status: 401, method: 'POST', path: '/login', pathTemplate: '/login' }),
  );
  expect(await saysOf('brute-force', failed)).toMatch(/^5 failed logins in a minute \(10 are told\)/);
});
