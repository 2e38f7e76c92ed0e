import type { Command } from 'commander';
import type { BaselineChart, BaselinePoint } from '@outrider/contracts/http/baselines';
import { BaselineKind, BaselineMetric, BaselineStep } from '@outrider/domain/baseline/baseline';
import { CallerError } from '@outrider/platform/errors';
import type * as z from 'zod';
import { ask, remote, type RemoteOptions } from './remote.ts';
import { instant, printable } from './text-table.ts';

interface Options extends RemoteOptions {
  readonly metric: string;
  readonly step: string;
  readonly band: string;
  readonly from?: string;
  readonly to?: string;
}

const WIDTH = 48;

export const addBaselines = (program: Command): void => {
  const baselines = program.command('baselines').description('what is usual, against what was observed');
  remote(
    baselines
      .command('show')
      .argument('<kind>', BaselineKind.options.join(', '))
      .argument('<id>', 'id, user name or custom id; an address; "<service id> GET /orders/{id}"'),
  )
    .option('--metric <metric>', BaselineMetric.options.join(', '), 'requests')
    .option('--step <step>', BaselineStep.options.join(', '), '1h')
    .option('--band <band>', 'chart (1 in 1,000) or alert (1 in 1,000,000)', 'chart')
    .option('--from <time>', 'ISO 8601, or -1h, -7d', '-24h')
    .option('--to <time>', 'likewise')
    .action((kind: string, id: string, options: Options) =>
      ask(
        options,
        (client) =>
          client.baseline({
            kind: oneOf(BaselineKind, kind, 'kind'),
            id,
            metric: oneOf(BaselineMetric, options.metric, '--metric'),
            step: oneOf(BaselineStep, options.step, '--step'),
            band: options.band === 'alert' ? 'alert' : 'chart',
            from: options.from,
            to: options.to,
          }),
        baselineText,
      ),
    );
};

const oneOf = <T extends string>(schema: z.ZodType<T>, text: string, what: string): T => {
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new CallerError(`${what}: "${text}" is not one of those that --help lists`);
  return parsed.data;
};

/** A head line, and a line a window: `·` the band, `|` expected, `█` observed, `!` beyond the band. */
export const baselineText = (chart: BaselineChart): string => {
  const { points } = chart;
  const top = Math.max(1e-9, ...points.map((p) => Math.max(p.observed, Math.min(p.high, 4 * p.expected))));
  const head = [
    `${chart.metric} of ${chart.kind} ${printable(chart.id)} by ${chart.step}: ${chart.warmUp}, n = ${chart.n} windows on ${chart.days} days, max ${figure(chart.max)}, p99.9 ${figure(chart.p999)}`,
    ...(chart.group
      ? [`borrowed from ${chart.group.peers} peers by ${chart.group.by} (${printable(chart.group.name)})`]
      : []),
    ...(chart.excluded.length > 0 ? [`${chart.excluded.length} spans of time taught nothing`] : []),
  ];
  if (points.length === 0) return [...head, 'Nothing in this time.'].join('\n');
  return [...head, ...points.map((point) => line(point, top))].join('\n');
};

const line = (point: BaselinePoint, top: number): string => {
  const { observed, expected, low, high } = point;
  const column = (value: number): number => Math.max(0, Math.min(WIDTH - 1, Math.round((value / top) * (WIDTH - 1))));
  const cells = Array.from({ length: WIDTH }, (_, i): string => (i >= column(low) && i <= column(high) ? '·' : ' '));
  for (let i = 0; observed > 0 && i <= column(observed); i++) cells[i] = '█';
  cells[column(expected)] = '|';
  const mark = observed > high || observed < low ? '!' : ' ';
  return `${instant(point.at).slice(0, 16)} ${mark} ${cells.join('')} ${figure(observed)} (${figure(low)}–${figure(high)})`;
};

const figure = (value: number): string =>
  Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
