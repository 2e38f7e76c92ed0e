import * as z from 'zod';
import { LOOK_BACK_MS, spreadOf, STEP_MS } from '@outrider/domain/baseline/baseline';
import {
  EMPTY_CELL,
  hourOfWeek,
  HOURS_A_WEEK,
  windowsAnHour,
  type HourCell,
} from '@outrider/domain/baseline/hour-of-week';
import {
  learnBaseline,
  PEAKS,
  type BaselineSums,
  type LearnedBaseline,
} from '@outrider/domain/baseline/learned-baseline';
import { CallerError } from '@outrider/platform/errors';
import type { BaselineQuery, BaselineStore, ObservedPoint } from '@outrider/ports/baseline-store';
import type { QueryRunner } from '../query-runner.ts';
import { baselineSumsQuery, observedQuery, type UntaughtBlocks } from './baselines.sql.ts';

const MAX_IDS = 1_000;
/** Entities that one statement counts: a busy one has 4,032 blocks. */
const CHUNK = 100;
const MAX_SPANS = 5_000;
const MAX_WINDOWS = 10_000;

const Numbers = z.array(z.number());
const SumsRow = z.tuple([z.string(), z.number(), z.number(), z.number(), Numbers, Numbers, Numbers, Numbers, Numbers]);
const ObservedRow = z.tuple([z.number(), z.number(), z.number()]);

/** Baselines out of the aggregates, by the sums of each hour of the week. */
export class BaselineTables {
  constructor(private readonly runner: QueryRunner) {}

  async baselines(query: BaselineQuery): Promise<readonly LearnedBaseline[]> {
    checkIds(query.ids);
    checkMetric(query);
    const learned = new Map<string, LearnedBaseline>();
    const ids = [...new Set(query.ids)];
    for (let i = 0; i < ids.length; i += CHUNK)
      for (const baseline of await this.#chunk(query, ids.slice(i, i + CHUNK))) learned.set(baseline.id, baseline);
    return query.ids.map((id) => learned.get(id) ?? toBaseline(neverSeen(id), query, []));
  }

  async #chunk(query: BaselineQuery, ids: readonly string[]): Promise<LearnedBaseline[]> {
    const untaught = untaughtBlocks(query, ids);
    const rows = await this.runner.rows(
      baselineSumsQuery({ ...query, ids, range: taughtRange(query) }, untaught, PEAKS),
    );
    return z
      .array(SumsRow)
      .parse(rows)
      .map(([id, since, requests, days, peaks, ...cells]) =>
        toBaseline(
          { id, since, requests, days, peaks, cells: cellsOf(cells) },
          query,
          untaught.spans.filter((span) => span.id === id),
        ),
      );
  }

  async observed(query: Parameters<BaselineStore['observed']>[0]): Promise<readonly ObservedPoint[]> {
    checkMetric(query);
    const stepMs = STEP_MS[query.step];
    const first = Math.floor(query.range.from / stepMs);
    const last = Math.ceil(query.range.to / stepMs);
    if (!(last - first <= MAX_WINDOWS))
      throw new CallerError(`at most ${MAX_WINDOWS} windows at once`, 'invalid-range');
    const range = { from: first * stepMs, to: last * stepMs };
    const rows = z
      .array(ObservedRow)
      .parse(await this.runner.rows(observedQuery({ ...query, ids: [query.id], range })));
    const spread = spreadOf(query.metric);
    const seen = rows.map(([block, amount, requests]) => ({
      at: block * stepMs,
      value: spread === 'ratio' ? amount / requests : amount,
      requests,
    }));
    return spread === 'count' ? filled(seen, first, last, stepMs) : seen;
  }
}

export const checkIds = (ids: readonly string[]): void => {
  if (ids.length > MAX_IDS) throw new CallerError(`at most ${MAX_IDS} entities at once`, 'too-many-entities');
};

const checkMetric = ({ kind, metric, step }: Pick<BaselineQuery, 'kind' | 'metric' | 'step'>): void => {
  if (step === '5m' && (metric !== 'requests' || kind === 'caller-endpoint'))
    throw new CallerError(
      'only requests are known by five minutes, and not of a caller at an endpoint: ask for 1h',
      'invalid-step',
    );
  if (metric === 'endpoints' && (kind === 'endpoint' || kind === 'caller-endpoint'))
    throw new CallerError('an endpoint has no endpoints', 'invalid-metric');
};

/** Whole windows before `at`. */
const taughtRange = ({ at, step }: Pick<BaselineQuery, 'at' | 'step'>): { from: number; to: number } => {
  const to = Math.floor(at / STEP_MS[step]) * STEP_MS[step];
  return { from: to - LOOK_BACK_MS[step], to };
};

const untaughtBlocks = (query: BaselineQuery, ids: readonly string[]): UntaughtBlocks => {
  const stepMs = STEP_MS[query.step];
  const range = taughtRange(query);
  const spans = ids.flatMap((id) =>
    (query.excluded?.get(id) ?? [])
      .filter(({ from, to }) => to >= range.from && from < range.to && from <= to)
      .map(({ from, to }) => ({ id, from: Math.floor(from / stepMs), to: Math.floor(to / stepMs) })),
  );
  if (spans.length > MAX_SPANS) throw new CallerError(`at most ${MAX_SPANS} excluded spans`, 'too-many-spans');
  const starts = ids.flatMap((id) => {
    const since = query.since?.get(id);
    return since === undefined || since <= range.from ? [] : [{ id, block: Math.ceil(since / stepMs) }];
  });
  return { spans, starts };
};

const neverSeen = (id: string): BaselineSums => ({ id, since: undefined, requests: 0, days: 0, peaks: [], cells: [] });

const cellsOf = ([hours, counts, sums, squares]: readonly [number[], number[], number[], number[]]): HourCell[] => {
  const cells = Array.from({ length: HOURS_A_WEEK }, () => EMPTY_CELL);
  hours.forEach((hour, i) => {
    cells[hour] = { n: counts[i] ?? 0, sum: sums[i] ?? 0, squares: squares[i] ?? 0 };
  });
  return cells;
};

const toBaseline = (sums: BaselineSums, query: BaselineQuery, spans: UntaughtBlocks['spans']): LearnedBaseline => {
  const { metric, step, at } = query;
  const of = { metric, step, at, lookBackMs: LOOK_BACK_MS[step] };
  if (spreadOf(metric) !== 'count' || sums.since === undefined) return learnBaseline(sums, of);
  const windows = taughtWindows(query, sums.since, spans);
  return learnBaseline({ ...sums, cells: sums.cells.map((cell, hour) => ({ ...cell, n: windows[hour] ?? 0 })) }, of);
};

/** Windows of each hour of the week since the entity's first, empty ones included, those that teach nothing left out. */
const taughtWindows = (query: BaselineQuery, since: number, spans: UntaughtBlocks['spans']): Float64Array => {
  const stepMs = STEP_MS[query.step];
  const { to } = taughtRange(query);
  const windows = windowsAnHour(since, to, stepMs);
  const left = new Set<number>();
  for (const span of spans)
    for (let block = Math.max(span.from, since / stepMs); block <= span.to && block < to / stepMs; block++)
      left.add(block);
  for (const block of left) {
    const hour = hourOfWeek(block * stepMs);
    windows[hour] = (windows[hour] ?? 0) - 1;
  }
  return windows;
};

const filled = (seen: readonly ObservedPoint[], first: number, last: number, stepMs: number): ObservedPoint[] => {
  const byTime = new Map(seen.map((point) => [point.at, point]));
  return Array.from({ length: last - first }, (_, i) => {
    const at = (first + i) * stepMs;
    return byTime.get(at) ?? { at, value: 0, requests: 0 };
  });
};
