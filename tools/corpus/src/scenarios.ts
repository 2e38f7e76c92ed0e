import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { keyGuessing, loginGuessing, pathScan, spike } from './scenarios/attacks.ts';
import type { Call, Caller } from './scenarios/call.ts';
import { entryOf } from './scenarios/entry.ts';
import { everyday, hourly, partner, poller, type Span } from './scenarios/habits.ts';
import { Random } from './random.ts';

/** Makes the folders of `scenarios/` again, to the byte: node tools/corpus/dist/scenarios.js */
const START = Date.parse('2026-11-04T09:00:00Z');
const HOUR = 3_600_000;
const random = new Random(2026);

const consumer = (name: string): Caller => ({
  consumer: { id: random.uuid(), username: name, credential: random.uuid(), key: random.hex(32) },
  userAgent: 'okhttp/4.12.0',
});

/** A handful of consumers that live their lives for a while. */
const calm = (span: Span): { calls: Call[]; callers: Caller[] } => {
  const callers = ['web-shop', 'warehouse', 'partner-north', 'billing', 'courier'].map(consumer);
  const calls = callers.flatMap((caller, i) =>
    (i % 2 === 0 ? partner : poller)(random, caller, [`203.0.113.${20 + i}`], span),
  );
  return { calls, callers };
};

const steady = (caller: Caller, address: string, span: Span, everyMs: number, change: (call: Call) => Call): Call[] => {
  const calls: Call[] = [];
  for (let at = span.from; at < span.to; at += everyMs)
    calls.push(change({ ...everyday(random, caller, address, at, ['orders', 'stock']), status: 200 }));
  return calls;
};

const SCENARIOS: Record<string, () => Call[]> = {
  'attack-request-spike': () => {
    const { calls, callers } = calm({ from: START, to: START + 1.2 * HOUR });
    return [...calls, ...spike(random, callers[2] as Caller, '198.51.100.7', START + HOUR, 30, 90)];
  },
  'attack-key-guessing': () => keyGuessing(random, '198.51.100.8', START, 40, 1),
  'attack-login-guessing': () => loginGuessing(random, '198.51.100.9', START, 60, 0.8),
  'attack-path-scan': () => pathScan(random, '198.51.100.10', START, 80, 4),
  'attack-error-spike': () => {
    const span = { from: START, to: START + HOUR };
    const failing = consumer('web-shop');
    const others = ['warehouse', 'billing'].flatMap((name, i) =>
      steady(consumer(name), `203.0.113.${30 + i}`, span, 12_000, (c) => c),
    );
    return [
      ...others,
      ...steady(failing, '203.0.113.40', span, 4_000, (c) =>
        c.at > START + 0.8 * HOUR && random.chance(0.6) ? { ...c, status: 500 } : c,
      ),
    ];
  },
  'benign-stale-key': () => {
    const key = random.hex(32);
    const calls: Call[] = [];
    for (let i = 0; i < 300; i++)
      calls.push({
        at: START + i * 2000,
        caller: { userAgent: 'backup-agent/1.2' },
        address: '203.0.113.50',
        method: 'GET',
        path: '/api/stock',
        status: 401,
        byKong: true,
        route: 'api',
        bytes: 280,
        latencyMs: 1,
        badKey: key,
      });
    return calls;
  },
  'benign-hourly-job': () => {
    const span = { from: START, to: START + 6 * HOUR };
    return [
      ...calm({ from: START, to: START + HOUR }).calls,
      ...hourly(random, consumer('exporter'), ['203.0.113.51'], span),
    ];
  },
  'benign-dead-link': () =>
    Array.from({ length: 200 }, (_, i) => ({
      at: START + i * 500,
      caller: { userAgent: 'Mozilla/5.0' },
      address: '203.0.113.52',
      method: 'GET',
      path: '/assets/logo-old.png',
      status: 404,
      byKong: true,
      route: undefined,
      bytes: 210,
      latencyMs: 0,
    })),
};

/** Larger ones are packed. */
const PACK_ABOVE = 400_000;

for (const [name, make] of Object.entries(SCENARIOS)) {
  const calls = make().sort((a, b) => a.at - b.at);
  const text = `${calls.map((call) => JSON.stringify(entryOf(call, random))).join('\n')}\n`;
  const dir = `scenarios/${name}`;
  mkdirSync(dir, { recursive: true });
  if (text.length > PACK_ABOVE) writeFileSync(`${dir}/kong.ndjson.gz`, gzipSync(text, { level: 9 }));
  else writeFileSync(`${dir}/kong.ndjson`, text);
  console.log(`${name}: ${calls.length} entries`);
}
