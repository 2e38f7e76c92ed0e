CREATE TABLE IF NOT EXISTS outrider.schema_migrations ON CLUSTER 'security'
(
    version     UInt32,
    name        String,
    checksum    String,
    applied_at  DateTime DEFAULT now()
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')
ORDER BY version;
