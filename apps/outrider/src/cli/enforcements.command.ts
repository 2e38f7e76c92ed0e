import type { Command } from 'commander';
import { EnforcementState, type Enforcement } from '@outrider/domain/response/enforcement';
import { CallerError } from '@outrider/platform/errors';
import { each } from './alerts.command.ts';
import { ask, more, remote, type RemoteOptions } from './remote.ts';
import { instant, printable, textTable } from './text-table.ts';

interface ListOptions extends RemoteOptions {
  readonly state?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

interface BlockOptions extends RemoteOptions {
  readonly consumer?: string;
  readonly address?: string;
  readonly for: string;
  readonly reason: string;
  readonly gateway?: string;
}

export const addEnforcements = (program: Command): void => {
  const enforcements = program.command('enforcements').description('what stands in Kong because of us');
  remote(enforcements.command('list', { isDefault: true }).description('newest first'))
    .option('--state <list>', EnforcementState.options.join(', '))
    .option('--limit <n>', '1 to 200', '50')
    .option('--cursor <cursor>', 'the next page')
    .action((options: ListOptions) =>
      ask(
        options,
        (client) =>
          client.enforcements({
            state: each(EnforcementState, options.state),
            limit: Number(options.limit),
            cursor: options.cursor,
          }),
        ({ data, next }) => (data.length === 0 ? 'No enforcements.' : table(data) + more(next)),
      ),
    );
  remote(
    enforcements.command('show').argument('<id>').description('one enforcement: its changes, its gaps, its end'),
  ).action((id: string, options: RemoteOptions) => ask(options, (client) => client.enforcement(id), details));
  remote(enforcements.command('undo').argument('<id>').description('take it back now')).action(
    (id: string, options: RemoteOptions) =>
      ask(
        options,
        (client) => client.undoEnforcement(id),
        (e) => `${e.action.kind} of ${e.entity.name}: ${e.state}`,
      ),
  );
  remote(enforcements.command('block').description('block a consumer or an address by hand'))
    .option('--consumer <id or name>')
    .option('--address <ip>')
    .requiredOption('--for <time>', '10m, 2h, 1d, or "ever"')
    .requiredOption('--reason <text>')
    .option('--gateway <id>', 'where there are several')
    .action((options: BlockOptions) => ask(options, (client) => client.enforce(bodyOf(options)), details));
};

const bodyOf = (options: BlockOptions) => {
  const durationSeconds = secondsOf(options.for);
  const rest = { reason: options.reason, ...(options.gateway === undefined ? {} : { gateway: options.gateway }) };
  if (options.consumer !== undefined && options.address === undefined)
    return {
      action: { kind: 'block-consumer', durationSeconds },
      entity: { kind: 'consumer', id: options.consumer },
      ...rest,
    } as const;
  if (options.address !== undefined && options.consumer === undefined)
    return {
      action: { kind: 'block-address', durationSeconds },
      entity: { kind: 'ip', id: options.address },
      ...rest,
    } as const;
  throw new CallerError('name either --consumer or --address');
};

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const secondsOf = (text: string): number | null => {
  if (text === 'ever') return null;
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new CallerError(`--for: "${text}" is no time; e.g. 10m, 2h, 1d, ever`);
  return Number(amount) * (UNITS[unit] ?? 1);
};

const until = (e: Enforcement): string => (e.endsAt === null ? 'for ever' : instant(e.endsAt));

const table = (enforcements: readonly Enforcement[]): string =>
  textTable(
    ['ID', 'CREATED', 'STATE', 'ACTION', 'UNTIL', 'ENTITY'],
    enforcements.map((e) => [
      e.id,
      instant(e.createdAt),
      e.state,
      e.action.kind,
      until(e),
      `${e.entity.kind} ${e.entity.name}`,
    ]),
  );

const details = (e: Enforcement): string =>
  [
    `${e.action.kind} of ${e.entity.kind} ${e.entity.name} (${e.entity.id}): ${e.state}, until ${until(e)}`,
    `asked for by ${e.requestedBy}: ${e.reason}`,
    ...(e.effectiveAt === null ? [] : [`effective since ${instant(e.effectiveAt)} (${e.effectiveBy ?? ''})`]),
    ...(e.lastError === null ? [] : [`last error after ${e.attempts} attempts: ${e.lastError}`]),
    ...e.changes.map((change) => `  ${change.method} ${change.path}  ${change.why}`),
    ...e.gaps.map((gap) => `  not covered: ${gap}`),
  ]
    .map(printable)
    .join('\n');
