import type { ClickHouse } from '../open-clickhouse.ts';

/** The handle of a cluster whose definitions run without Keeper; inserts and queries are those of a cluster. For specs. */
export const onOneShard = (opened: ClickHouse): ClickHouse => {
  const wrapped = (client: ClickHouse['client']): ClickHouse['client'] =>
    new Proxy(client, {
      get: (target, name) => {
        if (name !== 'command') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
        return (params: Parameters<typeof target.command>[0]) => {
          if (params.query.startsWith('SYSTEM SYNC REPLICA')) return Promise.resolve();
          return target.command({ ...params, query: withoutKeeper(params.query) });
        };
      },
    });
  return { ...opened, client: wrapped(opened.client), outside: wrapped(opened.outside) };
};

/** What one process cannot be: a queue of definitions and Keeper. The rest of the statement runs as it is. */
const withoutKeeper = (sql: string): string =>
  sql
    .replace(/ ON CLUSTER '\w+'/, '')
    .replace(/Replicated((?:Aggregating)?MergeTree)\('[^']*', '[^']*'\)/, '$1')
    .replace(
      /replicated_deduplication_window = (\d+), replicated_deduplication_window_seconds = \d+/,
      'non_replicated_deduplication_window = $1',
    );
