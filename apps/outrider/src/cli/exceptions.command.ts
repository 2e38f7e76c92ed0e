import type { Command } from 'commander';
import { AlertType } from '@outrider/domain/detection/alert';
import {
  DetectionExceptionDraft,
  ExceptionMatch,
  type DetectionException,
} from '@outrider/domain/detection/detection-control';
import { CallerError } from '@outrider/platform/errors';
import * as z from 'zod';
import { ask, more, remote, type RemoteOptions } from './remote.ts';
import { instant, printable, textTable } from './text-table.ts';

interface AddOptions extends RemoteOptions {
  readonly type?: string;
  readonly entity?: string;
  readonly cidr?: string;
  readonly endpoint?: string;
  readonly tag?: string;
  readonly reason: string;
  readonly until: string;
}

export const addExceptions = (program: Command): void => {
  const exceptions = program
    .command('exceptions')
    .description('what is no alert although a detector says so: with a reason and an end; see docs/tuning.md');
  remote(exceptions.command('list').description('exceptions that hold, newest first'))
    .option('--ended', 'those that have ended as well')
    .option('--cursor <cursor>', 'the next page')
    .action((options: RemoteOptions & { readonly ended?: boolean; readonly cursor?: string }) =>
      ask(
        options,
        (client) => client.exceptions({ ...(options.ended ? { ended: 'true' } : {}), cursor: options.cursor }),
        ({ data, next }) => (data.length === 0 ? 'no exceptions' : `${listText(data)}${more(next)}`),
      ),
    );
  remote(
    exceptions
      .command('add')
      .description('all that is named must hold; at least one of entity, cidr, endpoint and tag'),
  )
    .option('--type <types>', 'only for these types, comma-separated (rule:<id> too); every type when absent')
    .option('--entity <kind:id>', 'whom the alert is about, e.g. consumer:nightly-export or ip:192.0.2.7')
    .option('--cidr <range>', 'where the requests come from, e.g. 192.0.2.0/24')
    .option('--endpoint <endpoint>', 'e.g. "GET /reports/{id}" or "* /reports/*"')
    .option('--tag <tag>', "a tag of the consumer's")
    .requiredOption('--reason <text>', 'why this is no alert')
    .requiredOption('--until <time>', 'its end, at most a year ahead: +30d, +12h, or ISO 8601')
    .action((options: AddOptions) => {
      const body = draftOf(options, Date.now());
      return ask(
        options,
        (client) => client.addException(body),
        (made) => `excepted until ${instant(made.until)} (${made.id})`,
      );
    });
  remote(exceptions.command('remove').description('let it count again').argument('<id>', 'as list shows it')).action(
    (id: string, options: RemoteOptions) =>
      ask(
        options,
        (client) => client.removeException(id),
        () => 'removed',
      ),
  );
};

const draftOf = (options: AddOptions, now: number): DetectionExceptionDraft => {
  const match = checked(ExceptionMatch, {
    entity: options.entity === undefined ? null : entityOf(options.entity),
    cidr: options.cidr ?? null,
    endpoint: options.endpoint ?? null,
    tag: options.tag ?? null,
  });
  const types = (options.type?.split(',') ?? []).map((text) => {
    const parsed = AlertType.safeParse(text.trim());
    if (!parsed.success)
      throw new CallerError(`--type: "${printable(text)}" is no detector; "outrider detectors list" names them`);
    return parsed.data;
  });
  return checked(DetectionExceptionDraft, { types, match, reason: options.reason, until: endOf(options.until, now) });
};

const checked = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CallerError(
    `--${issue?.path.join('.') || 'match'}: ${issue?.message ?? 'not as expected'}`.replace(
      '--match:',
      'what is excepted:',
    ),
  );
};

const entityOf = (text: string): unknown => {
  const colon = text.indexOf(':');
  if (colon < 1) throw new CallerError(`--entity: "${printable(text)}" is not kind:id, e.g. consumer:nightly-export`);
  return { kind: text.slice(0, colon), id: text.slice(colon + 1) };
};

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const endOf = (text: string, now: number): number => {
  const ahead = /^\+?(\d{1,4})([hdw])$/.exec(text);
  const at = ahead ? now + Number(ahead[1]) * (UNITS[ahead[2] ?? 'd'] ?? 0) : Date.parse(text);
  if (Number.isNaN(at)) throw new CallerError(`--until: "${printable(text)}" is no time; e.g. +30d or 2026-12-31`);
  if (at <= now) throw new CallerError('--until: it must lie ahead');
  return at;
};

const listText = (exceptions: readonly DetectionException[]): string =>
  textTable(
    ['ID', 'UNTIL', 'TYPES', 'WHO OR WHERE', 'BY', 'REASON'],
    exceptions.map(({ id, until, types, match, createdBy, reason }) => [
      id,
      instant(until).slice(0, 16),
      types.join(' ') || 'every',
      matchText(match),
      createdBy,
      reason,
    ]),
  );

const matchText = ({ entity, cidr, endpoint, tag }: ExceptionMatch): string =>
  [entity && `${entity.kind}:${entity.id}`, cidr && `from ${cidr}`, endpoint && `at ${endpoint}`, tag && `tag ${tag}`]
    .filter((part) => part !== null)
    .join(', ');
