import type { Command } from 'commander';
import { Presets, SingleBar } from 'cli-progress';
import { CallerError } from '@outrider/platform/errors';
import { alertLine, alertReport } from './alert-report.ts';
import { analyze, type AnalyzeProgress } from './analyze.ts';
import { commaList, logGateway, type LogGatewayOptions } from './log-options.ts';

interface Options extends LogGatewayOptions {
  readonly format: string;
  readonly geoipFiles?: string;
  readonly threatLists?: string;
  readonly openapi?: string;
  readonly rules?: string;
  readonly progress: boolean;
}

export const addAnalyze = (program: Command): void => {
  program
    .command('analyze')
    .description('run log files through collect, store and detect in event time, and print what would have been raised')
    .argument(
      '[files...]',
      'NDJSON of tcp-log or file-log, arrays of http-log, also as Docker, Kubernetes, syslog, Elasticsearch, Loki and others keep them; gzip too; "-" or nothing is standard input',
    )
    .option('--format <format>', 'report, or ndjson: one alert a line, and a tally as JSON on standard error', 'report')
    .option('--trusted-proxies <list>', 'addresses or CIDRs of proxies in front of Kong, comma-separated')
    .option('--key-names <list>', 'header and query names that carry API keys, comma-separated')
    .option('--geoip-files <list>', 'MMDB or CSV files that know country, network and place of addresses')
    .option('--threat-lists <list>', 'files or https addresses of bad addresses, each optionally as name=…')
    .option('--openapi <list>', 'OpenAPI 3 documents of the APIs, JSON or YAML')
    .option('--rules <dir>', 'folder of your own rules (see outrider rules --help)')
    .option('--no-progress', 'no progress bar')
    .addHelpText(
      'after',
      `
Times are event times: the order of the lines and of the files does not matter. Nothing is sent or kept.
Exit code 0: all files were read (whatever was found); 2: a file could not be read.

Examples:
  outrider analyze access.ndjson
  zcat logs/*.gz | outrider analyze --format ndjson > alerts.ndjson
  kubectl logs deploy/kong-gateway --since=24h | outrider analyze`,
    )
    .action(run);
};

const run = async (files: readonly string[], options: Options): Promise<void> => {
  if (options.format !== 'report' && options.format !== 'ndjson')
    throw new CallerError(`unknown format "${options.format}": report or ndjson`);
  const bar = options.progress && process.stderr.isTTY ? new Bar() : undefined;
  try {
    const { alerts, tally } = await analyze({
      files: files.length === 0 ? ['-'] : files,
      gateway: logGateway(options),
      sources: {
        geoipFiles: commaList(options.geoipFiles),
        threatLists: commaList(options.threatLists),
        openapi: commaList(options.openapi),
        rules: options.rules,
      },
      onProgress: (progress) => bar?.show(progress),
    });
    bar?.stop();
    if (options.format === 'ndjson') {
      for (const alert of alerts) process.stdout.write(`${alertLine(alert)}\n`);
      process.stderr.write(`${JSON.stringify(tally)}\n`);
    } else process.stdout.write(`${alertReport(alerts, tally)}\n`);
  } finally {
    bar?.stop();
  }
};

/** Percent of the phase where the end is known, else the count alone. */
class Bar {
  readonly #bar = new SingleBar(
    {
      format: '{phase} [{bar}] {percentage} % | {entries} entries',
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  #phase = '';

  show({ phase, part, entries }: AnalyzeProgress): void {
    if (phase !== this.#phase) this.#bar.start(1000, 0, { phase, entries });
    this.#phase = phase;
    this.#bar.update(Math.round((part ?? 0) * 1000), { phase, entries: entries.toLocaleString('en') });
  }

  stop(): void {
    this.#bar.stop();
  }
}
