-- Log lines that could not be read, redacted, with the reason.
--
-- Sorting key (tenant, received_at, id): newest first within a tenant (dead_letters.list), counts by reason in a range
-- (dead_letters.counts). The id comes from the content: the same line twice is one row once merged, and readers collapse it before.
CREATE TABLE IF NOT EXISTS dead_letters_v1
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
ENGINE = {MergeTree}
PARTITION BY toMonday(received_at)
ORDER BY (tenant, received_at, id)
SETTINGS {common};
