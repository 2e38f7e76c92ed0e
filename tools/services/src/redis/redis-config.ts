export interface RedisSettings {
  readonly port: number;
  readonly data: string;
  readonly password: string;
}

/** In a file of ours, not in arguments: other users can read those. */
export const redisConfig = ({ port, data, password }: RedisSettings): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    'daemonize no',
    'logfile ""',
    'databases 16',
    `dir ${quoted(data)}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    ...(password === '' ? [] : [`requirepass ${quoted(password)}`]),
    '',
  ].join('\n');

const quoted = (value: string): string => {
  if (/[\r\n]/.test(value)) throw new Error('a line end cannot be part of a Redis setting');
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
};
