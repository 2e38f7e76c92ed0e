CREATE TABLE IF NOT EXISTS outrider.dead_letters_v1_local ON CLUSTER 'security'
(
    tenant       LowCardinality(String) CODEC(ZSTD(1)),
    gateway      LowCardinality(String) CODEC(ZSTD(1)),
    id           UUID CODEC(NONE),
    received_at  DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    reason       LowCardinality(String) CODEC(ZSTD(1)),
    detail       String CODEC(ZSTD(3)),
    excerpt      String CODEC(ZSTD(3)),
    bytes        Int64 CODEC(T64, ZSTD(1)),
    transport    LowCardinality(String) CODEC(ZSTD(1)),

    INDEX by_id  id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(received_at)
ORDER BY (tenant, received_at, id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS outrider.dead_letters_v1 ON CLUSTER 'security' AS outrider.dead_letters_v1_local
ENGINE = Distributed('security', 'outrider', 'dead_letters_v1_local', cityHash64(tenant, id));
