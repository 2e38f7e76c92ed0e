CREATE TABLE IF NOT EXISTS outrider.events_v1_local ON CLUSTER 'security'
(
    tenant                  LowCardinality(String) CODEC(ZSTD(1)),
    gateway                 LowCardinality(String) CODEC(ZSTD(1)),
    id                      UUID CODEC(NONE),
    has_request_id          UInt8 CODEC(ZSTD(1)),
    kind                    Enum8('http' = 1, 'stream' = 2) CODEC(ZSTD(1)),
    started_at              DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at             DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    consumer_id             LowCardinality(String) CODEC(ZSTD(1)),
    consumer_name           LowCardinality(String) CODEC(ZSTD(1)),
    consumer_custom_id      LowCardinality(String) CODEC(ZSTD(1)),
    consumer_tags           Array(LowCardinality(String)) CODEC(ZSTD(1)),
    credential_id           String CODEC(ZSTD(1)),
    credential_fingerprint  String CODEC(ZSTD(1)),
    client_ip               String CODEC(ZSTD(1)),
    method                  LowCardinality(String) CODEC(ZSTD(1)),
    host                    LowCardinality(String) CODEC(ZSTD(1)),
    path                    String CODEC(ZSTD(3)),
    path_template           LowCardinality(String) CODEC(ZSTD(1)),
    query                   String CODEC(ZSTD(3)),
    status                  Int32 CODEC(T64, ZSTD(1)),
    answered_by             Enum8('kong' = 1, 'upstream' = 2) CODEC(ZSTD(1)),
    refusal                 LowCardinality(String) CODEC(ZSTD(1)),
    request_bytes           Int64 CODEC(T64, ZSTD(1)),
    response_bytes          Int64 CODEC(T64, ZSTD(1)),
    latency_total_ms        Float32 CODEC(ZSTD(1)),
    latency_kong_ms         Float32 CODEC(ZSTD(1)),
    latency_upstream_ms     Float32 CODEC(ZSTD(1)),
    tries                   Int32 CODEC(T64, ZSTD(1)),
    service_id              LowCardinality(String) CODEC(ZSTD(1)),
    service_name            LowCardinality(String) CODEC(ZSTD(1)),
    route_id                LowCardinality(String) CODEC(ZSTD(1)),
    route_name              LowCardinality(String) CODEC(ZSTD(1)),
    user_agent              LowCardinality(String) CODEC(ZSTD(1)),
    request_content_type    LowCardinality(String) CODEC(ZSTD(1)),
    response_content_type   LowCardinality(String) CODEC(ZSTD(1)),
    tls_version             LowCardinality(String) CODEC(ZSTD(1)),
    bus_position            UInt64 CODEC(Delta, ZSTD(1)),
    block_echo              UInt8 CODEC(ZSTD(1)),

    caller_kind             Enum8('consumer' = 1, 'credential' = 2, 'ip' = 3)
                            MATERIALIZED multiIf(credential_id = '', 'ip', consumer_id = '', 'credential', 'consumer') CODEC(ZSTD(1)),
    caller_id               String
                            MATERIALIZED multiIf(credential_id = '', client_ip, consumer_id = '', credential_id, consumer_id) CODEC(ZSTD(1)),

    INDEX by_id             id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_consumer       consumer_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_credential     credential_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_client_ip      client_ip TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_started_at     started_at TYPE minmax GRANULARITY 1,
    INDEX by_received_at    received_at TYPE minmax GRANULARITY 1,
    INDEX by_bus_position   bus_position TYPE minmax GRANULARITY 1
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(started_at)
PRIMARY KEY (tenant, caller_kind, caller_id, started_at)
ORDER BY (tenant, caller_kind, caller_id, started_at, id)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS outrider.events_v1 ON CLUSTER 'security' AS outrider.events_v1_local
ENGINE = Distributed('security', 'outrider', 'events_v1_local', cityHash64(tenant, multiIf(credential_id = '', client_ip, consumer_id = '', credential_id, toString(consumer_id))));
