import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { EventIdText } from '@outrider/contracts/http/events';
import type { DetectorVerdict, EventExplanation } from '@outrider/domain/detection/explanation';
import { CallerError } from '@outrider/platform/errors';
import { explainLine, type ExplainSources } from './explain.ts';
import { ask, remote, type RemoteOptions } from './remote.ts';
import { instant, printable, textTable } from './text-table.ts';

interface Options extends RemoteOptions {
  readonly context?: readonly string[];
  readonly rules?: string;
  readonly all?: boolean;
}

export const addExplain = (program: Command): void => {
  remote(
    program
      .command('explain')
      .description('what each detector made of a request: a stored event, or a line of a log')
      .argument(
        '<event|line>',
        'gateway:id of a stored event; a Kong log entry; a file of entries (its last one is explained); or - for standard input',
      ),
  )
    .option('--context <files...>', 'logs of what came before, for a line: they fill the windows')
    .option('--rules <dir>', 'folder of your own rules, for a line')
    .option('--all', 'detectors that are not concerned as well')
    .addHelpText(
      'after',
      `
A stored event is explained by the server, which replays what its caller did in the 24 hours before. A line is explained here:
nothing is sent or kept, and without --context every detector that counts sees a single request.

Examples:
  outrider explain default:0f3c9b1e6a2d4c5b8e7f60718293a4b5
  outrider explain '{"request":{…' --context access.ndjson.gz
  grep 'union' access.ndjson | tail -1 | outrider explain -`,
    )
    .action(run);
};

const run = async (what: string, options: Options): Promise<void> => {
  const line = lineOf(what);
  const show = (explanation: EventExplanation): string => explanationText(explanation, options.all ?? false);
  if (line === undefined) {
    if (options.context)
      throw new CallerError('--context is for a line: the server knows what came before a stored event');
    await ask(options, (client) => client.explanation(what), show);
    return;
  }
  const explanation = await explainLine({ line, context: options.context ?? [], rules: options.rules });
  process.stdout.write(`${options.json ? JSON.stringify(explanation, undefined, 2) : show(explanation)}\n`);
};

/** Undefined: the id of a stored event. */
const lineOf = (what: string): ExplainSources['line'] | undefined => {
  if (what === '-') return { kind: 'stdin', value: '' };
  if (/^\s*[[{]/.test(what)) return { kind: 'text', value: what };
  if (existsSync(what)) return { kind: 'file', value: what };
  if (EventIdText.safeParse(what).success) return undefined;
  throw new CallerError(
    `"${printable(what.slice(0, 100))}" is no event (gateway:id), no log entry ({…}) and no file; - reads standard input`,
  );
};

const MARKS: Readonly<Record<DetectorVerdict['outcome'], string>> = {
  finding: 'ALERT',
  held: 'held',
  concerned: 'counts',
  unconcerned: '-',
  unexplained: '?',
  'not-asked': '-',
};

export const explanationText = (explanation: EventExplanation, all: boolean): string => {
  const { eventId, read, excluded, replayed, truncated, detectors, rules, exceptions } = explanation;
  const shown = detectors.filter(({ outcome }) => all || (outcome !== 'unconcerned' && outcome !== 'not-asked'));
  const hidden = detectors.filter((one) => !shown.includes(one) && one.outcome === 'unconcerned').length;
  const mute = all ? [] : shown.filter(({ outcome, state }) => outcome === 'unexplained' && state === 'on');
  const told = shown.filter((one) => !mute.includes(one));
  const met = rules.filter(({ matched }) => all || matched.length > 0);
  return [
    `event ${eventId}`,
    textTable(
      ['', ''],
      read.map(({ name, value }) => [`  ${name}`, value]),
    )
      .split('\n')
      .slice(1)
      .join('\n'),
    '',
    excluded === null
      ? `after ${replayed} earlier requests${truncated ? ' (there were more)' : ''}${replayed === 0 ? ': what counts over time sees this one alone' : ''}:`
      : `no detector looked at it: ${excluded}`,
    ...told.flatMap(verdictLines),
    ...(hidden > 0 ? [`  ${hidden} detectors are not concerned (--all shows them)`] : []),
    ...(mute.length > 0
      ? [`  no finding, and no account of single requests: ${mute.map(({ type }) => type).join(', ')}`]
      : []),
    ...(met.length > 0
      ? [
          '',
          'your rules:',
          ...met.map(
            ({ rule, matched, why }) => `  ${rule}: ${matched.length > 0 ? `${matched.join(', ')} holds; ` : ''}${why}`,
          ),
        ]
      : []),
    ...(exceptions.length > 0
      ? [
          '',
          'exceptions that apply:',
          ...exceptions.map(
            ({ id, reason, until, types }) =>
              `  ${types.join(' ') || 'every type'} until ${instant(until)}: ${reason} (${id})`,
          ),
        ]
      : []),
  ]
    .flatMap((text) => text.split('\n'))
    .map(printable)
    .join('\n');
};

const verdictLines = ({ type, state, outcome, says, tuned }: DetectorVerdict): string[] => {
  const about = [
    state === 'on' ? '' : state,
    ...Object.entries(tuned).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ].filter((part) => part !== '');
  return [`  ${MARKS[outcome].padEnd(6)} ${type}${about.length === 0 ? '' : ` (${about.join(', ')})`}: ${says}`];
};
