import { PermanentError } from '@outrider/platform/errors';

/** Where a schema is made. */
export interface SchemaTarget {
  readonly database: string;
  readonly cluster: string | undefined;
}

/** A block's token is remembered for this many blocks of a table, and in a cluster for a week; expired parts go whole. */
const WINDOW = 10_000;
const WINDOW_SECONDS = 604_800;

const SINGLE: Readonly<Record<string, string>> = {
  MergeTree: 'MergeTree',
  AggregatingMergeTree: 'AggregatingMergeTree',
  common: `non_replicated_deduplication_window = ${WINDOW}, ttl_only_drop_parts = 1`,
};

/** The macros are the server's: every server of a cluster has its own `shard` and `replica`. */
const REPLICA = "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')";
const CLUSTERED: Readonly<Record<string, string>> = {
  MergeTree: `ReplicatedMergeTree${REPLICA}`,
  AggregatingMergeTree: `ReplicatedAggregatingMergeTree${REPLICA}`,
  common: `replicated_deduplication_window = ${WINDOW}, replicated_deduplication_window_seconds = ${WINDOW_SECONDS}, ttl_only_drop_parts = 1`,
};

/**
 * What decides a row's shard, over columns that are inserted: a caller's events lie together (as `caller_id`, which is computed where
 * they are stored), so that its timeline is one shard's work and a block is split the same way whenever it comes again. Tables without
 * one are written by their views alone.
 */
const SHARDING: Readonly<Record<string, string>> = {
  events_v1:
    "cityHash64(tenant, multiIf(credential_id = '', client_ip, consumer_id = '', credential_id, toString(consumer_id)))",
  dead_letters_v1: 'cityHash64(tenant, id)',
  endpoint_day_v1: 'cityHash64(tenant, service_id, method, path_template)',
  endpoint_inventory_v1: 'cityHash64(tenant, service_id, path_template)',
};

/** The table that holds the rows on each server: `events_v1` itself, or what the Distributed `events_v1` stands for. */
export const storedTable = (target: SchemaTarget, table: string): string =>
  target.cluster === undefined ? table : `${table}_local`;

export const onCluster = (target: SchemaTarget): string =>
  target.cluster === undefined ? '' : ` ON CLUSTER '${target.cluster}'`;

/** The one place that knows the engines: a migration's statement as this target wants it, in a cluster with its Distributed table. */
export const renderStatement = (template: string, target: SchemaTarget): readonly string[] => {
  const clauses = target.cluster === undefined ? SINGLE : CLUSTERED;
  const sql = template.replace(/\{([A-Za-z]+)\}/g, (_, name: string) => {
    const clause = clauses[name];
    if (clause === undefined) throw new PermanentError(`unknown clause ${name} in a migration`, 'invalid-migration');
    return clause;
  });
  return target.cluster === undefined ? [sql] : clustered(sql, target);
};

const clustered = (sql: string, target: SchemaTarget): readonly string[] => {
  const { database, cluster = '' } = target;
  if (sql.startsWith('ALTER')) return alteredInCluster(sql, target);
  const [, kind, name] = /^CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)\s/.exec(sql) ?? [];
  if (kind === undefined || name === undefined)
    throw new PermanentError('a migration has a statement that is not written for clusters', 'invalid-migration');
  const begin = `CREATE ${kind} IF NOT EXISTS `;
  const rest = sql.slice(begin.length + name.length);
  if (kind === 'MATERIALIZED VIEW') {
    const local = rest.replace(/\b(TO|FROM) (\w+_v\d+)\b/g, (_, word: string, table: string) => {
      return `${word} ${database}.${storedTable(target, table)}`;
    });
    return [`${begin}${database}.${name}${onCluster(target)}${local}`];
  }
  const stored = storedTable(target, name);
  const key = SHARDING[name];
  const engine = `Distributed('${cluster}', '${database}', '${stored}'${key === undefined ? '' : `, ${key}`})`;
  return [
    `${begin}${database}.${stored}${onCluster(target)}${rest}`,
    `${begin}${database}.${name}${onCluster(target)} AS ${database}.${stored}\nENGINE = ${engine}`,
  ];
};

/** First where the rows are: what the Distributed table names must be there. Of changes only new columns are those of both. */
const alteredInCluster = (sql: string, target: SchemaTarget): readonly string[] => {
  const [begin, name] = /^ALTER TABLE (\w+)(?=\s+ADD COLUMN IF NOT EXISTS )/.exec(sql) ?? [];
  if (begin === undefined || name === undefined)
    throw new PermanentError('a migration has a change that is not written for clusters', 'invalid-migration');
  const rest = sql.slice(begin.length);
  return [storedTable(target, name), name].map(
    (table) => `ALTER TABLE ${target.database}.${table}${onCluster(target)}${rest}`,
  );
};

export const LEDGER = 'schema_migrations';

/** In a cluster every server has the whole ledger, whatever its shard. */
export const ledgerStatement = (target: SchemaTarget): string => {
  const engine =
    target.cluster === undefined
      ? 'MergeTree'
      : "ReplicatedMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')";
  return `CREATE TABLE IF NOT EXISTS ${target.database}.${LEDGER}${onCluster(target)}
(
    version     UInt32,
    name        String,
    checksum    String,
    applied_at  DateTime DEFAULT now()
)
ENGINE = ${engine}
ORDER BY version`;
};

export const databaseStatement = (target: SchemaTarget): string =>
  `CREATE DATABASE IF NOT EXISTS ${target.database}${onCluster(target)}`;

/** `ttl` empty: rows are kept for ever. */
export const retentionStatement = (target: SchemaTarget, table: string, ttl: string): string =>
  `ALTER TABLE ${target.database}.${storedTable(target, table)}${onCluster(target)} ${ttl === '' ? 'REMOVE TTL' : `MODIFY TTL ${ttl}`}`;

/** Every server that is up has what was acknowledged anywhere before. */
export const syncStatement = (target: SchemaTarget, table: string): string =>
  `SYSTEM SYNC REPLICA${onCluster(target)} ${target.database}.${storedTable(target, table)} LIGHTWEIGHT`;
