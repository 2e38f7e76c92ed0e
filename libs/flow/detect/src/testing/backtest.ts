import type { Alert } from '@outrider/domain/detection/alert';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { keyGuessing, loginGuessing, loop, pathScan } from '@outrider/testing/traffic/attacks';
import type { CallerStyle } from '@outrider/testing/traffic/consumers';
import type { Actor, Estate } from '@outrider/testing/traffic/estate';
import { exampleEstate, type EstateOptions, type ExampleEstate } from '@outrider/testing/traffic/example-estate';
import { OfflineDetection } from '../offline/offline-detection.ts';

const MINUTE_MS = 60_000;

export interface Plan {
  readonly name: string;
  readonly entity: string;
  readonly type: string;
  readonly from: number;
}

export interface Backtest {
  readonly found: readonly { readonly plan: Plan; readonly delayMs: number | undefined }[];
  /** Alerts on nobody who was planted (of whatever type: a scan is seen by several detectors), the health of services left out. */
  readonly falseAlarms: readonly Alert[];
  readonly alerts: readonly Alert[];
  readonly events: number;
  readonly seconds: number;
}

const outsider = (name: string, ip: string): CallerStyle => ({
  name,
  consumer: false,
  ips: [ip],
  services: ['public'],
});

/** Runs one seeded estate with loops of the given strengths (times the caller's busiest minute), a guessing run of each kind, and a scan. */
export const backtest = async (
  options: EstateOptions & { readonly strengths: readonly number[]; readonly others?: boolean },
): Promise<Backtest> => {
  const plans: Plan[] = [];
  const { from, durationMs } = options;
  const at = (share: number): number => Math.floor(from + durationMs * share) + 17_000;
  const busiest = busiestMinutes(exampleEstate(options).estate);
  const { estate } = exampleEstate(options, (base) => plant(base, plans, at, options, busiest));
  const store = new FakeEventStore();
  for (const chunk of estate.chunks()) for (const event of chunk) store.count(event);
  const began = performance.now();
  const result = await new OfflineDetection(store).run(estate.stream());
  const seconds = (performance.now() - began) / 1000;
  const found = plans.map((plan) => {
    const alert = result.alerts.find(
      (a) => a.entity.name === plan.entity && a.type === plan.type && a.lastSeenAt >= plan.from,
    );
    return { plan, delayMs: alert ? Math.max(0, alert.detectedAt - plan.from) : undefined };
  });
  const falseAlarms = result.alerts.filter(
    (a) =>
      a.entity.kind !== 'service' &&
      !plans.some(
        (plan) =>
          plan.entity === a.entity.name &&
          a.lastSeenAt >= plan.from - MINUTE_MS &&
          a.firstSeenAt <= plan.from + 15 * MINUTE_MS,
      ),
  );
  return { found, falseAlarms, alerts: result.alerts, events: result.events, seconds };
};

/** The busiest minute of each consumer in ordinary traffic, surges included. */
const busiestMinutes = (estate: Estate): ReadonlyMap<string, number> => {
  const busiest = new Map<string, number>();
  for (const chunk of estate.chunks(1)) {
    const counts = new Map<string, number>();
    for (const { consumerName } of chunk) counts.set(consumerName, (counts.get(consumerName) ?? 0) + 1);
    for (const [name, n] of counts) if (n > (busiest.get(name) ?? 0)) busiest.set(name, n);
  }
  return busiest;
};

const plant = (
  base: ExampleEstate,
  plans: Plan[],
  at: (share: number) => number,
  options: EstateOptions & { readonly strengths: readonly number[]; readonly others?: boolean },
  busiest: ReadonlyMap<string, number>,
): Actor[] => {
  const actors: Actor[] = [];
  const targets = base.styles.filter(
    ({ kind, busiestMinute }) => (kind === 'human' || kind === 'poller') && busiestMinute >= 3 * options.scale,
  );
  options.strengths.forEach((strength, i) => {
    const target = targets[(i * 3 + options.seed) % targets.length];
    if (!target) return;
    const start = at(0.8 + 0.03 * i);
    actors.push(loop(target.style, start, 5 * MINUTE_MS, strength * (busiest.get(target.style.name) ?? 1)));
    plans.push({ name: `${strength}x`, entity: target.style.name, type: 'request-spike', from: start });
  });
  if (options.others === false) return actors;
  const add = (name: string, type: string, style: CallerStyle, start: number, actor: Actor): void => {
    actors.push(actor);
    plans.push({ name, entity: style.consumer ? style.name : (style.ips[0] ?? ''), type, from: start });
  };
  const guesser = outsider('guesser', '192.0.2.15');
  add('15 keys', 'brute-force', guesser, at(0.66), keyGuessing(guesser, at(0.66), MINUTE_MS, 15));
  const login = outsider('login', '192.0.2.40');
  add('40 logins', 'brute-force', login, at(0.5), loginGuessing(login, at(0.5), 2 * MINUTE_MS, 40));
  const scanner = outsider('scanner', '192.0.2.99');
  add('scan', 'endpoint-probing', scanner, at(0.9), pathScan(scanner, at(0.9), 2 * MINUTE_MS, 120));
  return actors;
};
