CREATE TABLE IF NOT EXISTS outrider.endpoint_inventory_v1_local ON CLUSTER 'security'
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    gateway         LowCardinality(String) CODEC(ZSTD(1)),
    service_id      LowCardinality(String) CODEC(ZSTD(1)),
    host            LowCardinality(String) CODEC(ZSTD(1)),
    method          LowCardinality(String) CODEC(ZSTD(1)),
    path_template   String CODEC(ZSTD(1)),
    day             Date CODEC(Delta, ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_2xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_3xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_4xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_5xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    authenticated   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    request_bytes   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_bytes  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)),
    callers         AggregateFunction(uniqCombined(12), String) CODEC(ZSTD(1)),
    latencies       AggregateFunction(quantilesBFloat16(0.5, 0.95, 0.99), Float32) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, gateway, service_id, host, method, path_template, day)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS outrider.endpoint_inventory_v1 ON CLUSTER 'security' AS outrider.endpoint_inventory_v1_local
ENGINE = Distributed('security', 'outrider', 'endpoint_inventory_v1_local', cityHash64(tenant, service_id, path_template));
