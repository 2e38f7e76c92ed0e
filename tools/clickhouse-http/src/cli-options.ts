import { parseArgs } from 'node:util';

export interface CliOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly withParent: boolean;
  /** Name of a cluster with one shard: this process. */
  readonly cluster?: string;
}

export const USAGE = `ClickHouse's HTTP interface in front of the embedded engine (chdb): a stand-in for a server's transport.

usage: node tools/clickhouse-http/dist/main.js --dir FOLDER [options]

  --dir FOLDER      where the data lies; kept between runs, one process at a time
  --port N          default 8123; 0 takes a free one
  --host ADDRESS    default 127.0.0.1
  --user NAME       default: default
  --password TEXT   default: none
  --cluster NAME    know a cluster of one shard, which is this process: Distributed tables over it work
  --with-parent     end when standard input closes (nothing may be written to it)
  --help            this text
`;

/** A mistake in the command line; its message is for the person who typed it. */
export class UsageError extends Error {}

/** The options, or nothing when help was asked for. */
export const parseCliOptions = (args: readonly string[]): CliOptions | undefined => {
  const values = parse(args);
  if (values.help === true) return undefined;
  if (values.dir === undefined || values.dir === '') throw new UsageError('--dir: a folder for the data is needed');
  const port = Number(values.port ?? '8123');
  if (!/^\d+$/.test(values.port ?? '8123') || port > 65_535)
    throw new UsageError(`--port: expected a whole number from 0 to 65535, not "${values.port}"`);
  return {
    dir: values.dir,
    host: values.host ?? '127.0.0.1',
    port,
    user: values.user ?? 'default',
    password: values.password ?? '',
    withParent: values['with-parent'] ?? false,
    ...(values.cluster === undefined ? {} : { cluster: clusterName(values.cluster) }),
  };
};

const clusterName = (name: string): string => {
  if (!/^[A-Za-z_]\w{0,63}$/.test(name)) throw new UsageError('--cluster: letters, digits and underscores');
  return name;
};

const parse = (args: readonly string[]) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: flag,
        dir: text,
        host: text,
        port: text,
        user: text,
        password: text,
        'with-parent': flag,
        cluster: text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
