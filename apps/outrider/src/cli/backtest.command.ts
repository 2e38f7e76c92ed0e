import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ApiClient } from '@outrider/contracts/http/api-client';
import type { BacktestBody } from '@outrider/contracts/http/backtests';
import { InstantText } from '@outrider/contracts/http/paging';
import { BuiltinAlertType } from '@outrider/domain/detection/alert';
import type { Backtest } from '@outrider/domain/detection/backtest';
import type { SettingsChange } from '@outrider/domain/detection/detection-control';
import { CallerError } from '@outrider/platform/errors';
import type { TimeRange } from '@outrider/ports/event-store';
import { instantOf } from '@outrider/serve/paging/time-range';
import type * as z from 'zod';
import { NO_SOURCES } from './analysis-sources.ts';
import { backtestLogs } from './backtest-logs.ts';
import { backtestText } from './backtest-report.ts';
import { commaList, logGateway, type LogGatewayOptions } from './log-options.ts';
import { ask, remote, type RemoteOptions } from './remote.ts';
import { printable } from './text-table.ts';

type Body = z.input<typeof BacktestBody>;

interface Options extends RemoteOptions, LogGatewayOptions {
  readonly log?: readonly string[];
  readonly openapi?: string;
  readonly rules?: string;
  readonly from?: string;
  readonly to?: string;
  readonly maxEvents?: string;
  readonly instead?: string;
  readonly set?: readonly string[];
  readonly insteadSet?: readonly string[];
}

const POLL_MS = 500;

export const addBacktest = (program: Command): void => {
  const backtest = program
    .command('backtest')
    .description(
      'what a changed rule, detector setting or policy would have done to stored history or to log files; see docs/backtests.md',
    )
    .addHelpText('after', EXAMPLES);
  over(
    backtest
      .command('rule')
      .description('a rule, or several, from a YAML file ("-" is standard input)')
      .argument('<file>'),
  )
    .option('--instead <file>', 'the rules that they replace: what is lost is told as well')
    .addHelpText('after', '\nExample: outrider backtest rule new.yaml --instead rules/old.yaml --from -30d')
    .action((file: string, options: Options) =>
      run(options, {
        kind: 'rule',
        rule: textOf(file),
        ...(options.instead === undefined ? {} : { instead: textOf(options.instead) }),
      }),
    );
  over(backtest.command('detector').description('other settings of a detector').argument('<type>', 'its slug'))
    .option('--set <key=value...>', 'settings to try, over those in force')
    .option('--instead-set <key=value...>', 'settings to compare with, over those in force')
    .addHelpText('after', '\nExample: outrider backtest detector endpoint-probing --set distinct60s=40 --from -7d')
    .action((type: string, options: Options) =>
      run(options, {
        kind: 'detector',
        type: typeOf(type),
        settings: settingsOf(options.set),
        ...(options.insteadSet === undefined ? {} : { instead: settingsOf(options.insteadSet) }),
      }),
    );
  over(
    backtest
      .command('policy')
      .description('a policy from a JSON file ("-" is standard input), on the alerts that there were')
      .argument('<file>'),
  )
    .option('--instead <id>', 'the policy that it replaces; with --log a JSON file of it')
    .addHelpText('after', '\nExample: outrider backtest policy block-scanners.json --from -30d')
    .action((file: string, options: Options) =>
      run(options, {
        kind: 'policy',
        policy: jsonOf(file),
        ...(options.instead === undefined || options.log ? {} : { instead: options.instead }),
      }),
    );
};

const EXAMPLES = `
Nothing is raised, sent or blocked. The server runs one at a time. Exit code 0: it ran, whatever it found.

Examples:
  outrider backtest rule many-logins.yaml --from -24h
  outrider backtest detector brute-force --set gatewayDistinct60s=20
  outrider backtest policy policy.json --instead 2f7d1c1e-5c5c-4e0a-9f5e-3f2b7d7f0c11 --json
  outrider backtest rule new.yaml --instead rules/old.yaml --log access.ndjson.gz    (no server needed)`;

const over = (command: Command): Command =>
  remote(command)
    .option(
      '--from <time>',
      'start of the range: ISO 8601, ms since epoch or a time ago such as -24h (-7d; with --log all)',
    )
    .option('--to <time>', 'end of the range (now); with --log a time ago counts from the newest entry')
    .option('--log <files...>', 'try it on log files instead, as "outrider analyze" reads them: no server is asked')
    .option('--trusted-proxies <list>', 'with --log: addresses or CIDRs of proxies in front of Kong, comma-separated')
    .option('--key-names <list>', 'with --log: header and query names that carry API keys, comma-separated')
    .option('--openapi <list>', 'with --log: OpenAPI 3 documents of the APIs, comma-separated')
    .option('--rules <dir>', 'with --log: folder of the rules whose alerts a policy is held against')
    .option('--max-events <n>', 'where more events matter, those of every n-th caller are run; at most 20000000');

const run = (options: Options, change: Body['change']): Promise<void> => {
  if (options.log !== undefined) return runOnLogs(options, options.log, change);
  const body: Body = {
    change,
    from: options.from ?? '-7d',
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.maxEvents === undefined ? {} : { maxEvents: countOf(options.maxEvents) }),
  };
  return ask(options, (client) => finished(client, body), backtestText);
};

const runOnLogs = async (options: Options, files: readonly string[], change: Body['change']): Promise<void> => {
  const line = new StatusLine();
  try {
    const backtest = await backtestLogs({
      files,
      gateway: logGateway(options),
      sources: { ...NO_SOURCES, openapi: commaList(options.openapi), rules: options.rules },
      change,
      ...(change.kind === 'policy' && options.instead !== undefined ? { insteadPolicy: jsonOf(options.instead) } : {}),
      rangeOf: (all) => rangeWithin(all, options),
      maxEvents: options.maxEvents === undefined ? undefined : countOf(options.maxEvents),
      onProgress: (text) => line.show(text),
    });
    line.clear();
    process.stdout.write(`${options.json ? JSON.stringify(backtest, undefined, 2) : backtestText(backtest)}\n`);
  } finally {
    line.clear();
  }
};

const rangeWithin = (all: TimeRange, { from, to }: Options): TimeRange => {
  const at = (text: string | undefined, absent: number): number => {
    if (text === undefined) return absent;
    const parsed = InstantText.safeParse(text);
    if (parsed.success) return instantOf(parsed.data, all.to);
    throw new CallerError(`"${printable(text)}" is no time: ${parsed.error.issues[0]?.message ?? ''}`);
  };
  const range = { from: at(from, all.from), to: at(to, all.to) };
  if (range.from < range.to) return range;
  throw new CallerError('the range is empty: --from must be before --to');
};

/** Asks until it is done; how far it is goes to standard error, on one line. */
const finished = async (client: ApiClient, body: Body): Promise<Backtest> => {
  let backtest = await client.startBacktest(body);
  const line = new StatusLine();
  try {
    while (backtest.state === 'waiting' || backtest.state === 'running') {
      line.show(backtest.state === 'waiting' ? 'waiting for others' : `${Math.floor(backtest.progress * 100)} %`);
      await pause(POLL_MS);
      backtest = await client.backtest(backtest.id);
    }
  } finally {
    line.clear();
  }
  if (backtest.state === 'failed')
    throw new CallerError(`the backtest failed: ${printable(backtest.error ?? 'unknown')}`);
  return backtest;
};

class StatusLine {
  readonly #shown = process.stderr.isTTY;

  show(text: string): void {
    if (this.#shown) process.stderr.write(`\r\u001b[K${text}`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
  }
}

const typeOf = (text: string): BuiltinAlertType => {
  const parsed = BuiltinAlertType.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CallerError(`"${printable(text)}" is no detector; "outrider detectors list" names them`);
};

const countOf = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CallerError(`--max-events: "${printable(text)}" is no number`);
};

/** `name=value`; what is JSON (numbers, true, lists) is taken as such. */
const settingsOf = (pairs: readonly string[] | undefined): SettingsChange => {
  if (pairs === undefined) throw new CallerError('say what to try: --set name=value');
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new CallerError(`--set: "${printable(pair)}" is not name=value`);
      return [pair.slice(0, equals), valueOf(pair.slice(equals + 1))];
    }),
  );
};

const valueOf = (text: string): SettingsChange[string] => {
  try {
    return JSON.parse(text) as SettingsChange[string]; // what JSON.parse returns is JSON
  } catch {
    return text;
  }
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CallerError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** The server says what is wrong with its content. */
const jsonOf = (file: string): never => {
  const text = textOf(file);
  try {
    return JSON.parse(text) as never; // unchecked on purpose: it goes to the server as it is
  } catch (error) {
    throw new CallerError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};
