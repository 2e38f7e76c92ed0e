import { parseArgs } from 'node:util';
import { KAFKA_LINES, type KafkaLine } from '../kafka/lock-file.ts';
import { SERVICE_NAMES, type ServiceName } from '../service.ts';

export interface CliOptions {
  readonly only: readonly ServiceName[];
  readonly dir?: string;
  readonly kafka: KafkaLine;
  readonly keep: boolean;
  readonly demand: boolean;
  readonly check: boolean;
}

export const USAGE = `Starts Kafka, Redis, PostgreSQL and ClickHouse's HTTP interface on this machine, on free ports, and prints the lines
that make Outrider use them. Ctrl-C ends them.

usage: npm run services -- [options]

  --only LIST     some of them, with commas: ${SERVICE_NAMES.join(',')}
  --dir FOLDER    keep data, addresses and passwords there (default: a temporary folder, removed at the end)
  --keep          leave the temporary folder, and say where it is
  --kafka LINE    ${KAFKA_LINES.join(' or ')} (default ${KAFKA_LINES[0]})
  --demand        an engine that this machine can't have is an error (default: say so, and go on with the others)
  --check         only say which engines this machine could have; ends with 1 when one is missing
  --help          this text

Downloads are kept in node_modules/.cache/outrider, or in OUTRIDER_CACHE.
`;

/** A mistake in the command line; its message is for the person who typed it. */
export class UsageError extends Error {}

/** The options, or nothing when help was asked for. */
export const parseCliOptions = (args: readonly string[]): CliOptions | undefined => {
  const values = parse(args);
  if (values.help === true) return undefined;
  const kafka = values.kafka ?? KAFKA_LINES[0];
  if (!isLine(kafka)) throw new UsageError(`--kafka: there is ${KAFKA_LINES.join(' and ')}, not "${kafka}"`);
  if (values.dir === '') throw new UsageError('--dir: name a folder');
  return {
    only: values.only === undefined ? SERVICE_NAMES : namesIn(values.only),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    kafka,
    keep: values.keep ?? false,
    demand: values.demand ?? false,
    check: values.check ?? false,
  };
};

const namesIn = (list: string): ServiceName[] => {
  const names = list.split(',').map((name) => name.trim());
  for (const name of names)
    if (!isName(name)) throw new UsageError(`--only: there is ${SERVICE_NAMES.join(', ')}, not "${name}"`);
  return names.filter(isName);
};

const isName = (text: string): text is ServiceName => (SERVICE_NAMES as readonly string[]).includes(text);
const isLine = (text: string): text is KafkaLine => (KAFKA_LINES as readonly string[]).includes(text);

const parse = (args: readonly string[]) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { help: flag, only: text, dir: text, keep: flag, kafka: text, demand: flag, check: flag },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
