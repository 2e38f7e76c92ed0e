CREATE TABLE IF NOT EXISTS outrider.entity_minute_v1_local ON CLUSTER 'security'
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    entity_kind     Enum8('consumer' = 1, 'credential' = 2, 'ip' = 3) CODEC(ZSTD(1)),
    entity_id       String CODEC(ZSTD(1)),
    minute          DateTime('UTC') CODEC(Delta, ZSTD(1)),
    name            SimpleAggregateFunction(anyLast, String) CODEC(ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    echoes          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_2xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_3xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_4xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_5xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_401      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_403      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_404      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_429      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    request_bytes   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_bytes  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    latency_ms      SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    first_seen      SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen       SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(minute)
ORDER BY (tenant, entity_kind, entity_id, minute)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS outrider.entity_minute_v1 ON CLUSTER 'security' AS outrider.entity_minute_v1_local
ENGINE = Distributed('security', 'outrider', 'entity_minute_v1_local');

CREATE TABLE IF NOT EXISTS outrider.entity_hour_v1_local ON CLUSTER 'security'
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    entity_kind     Enum8('consumer' = 1, 'credential' = 2, 'ip' = 3) CODEC(ZSTD(1)),
    entity_id       String CODEC(ZSTD(1)),
    hour            DateTime('UTC') CODEC(Delta, ZSTD(1)),
    name            SimpleAggregateFunction(anyLast, String) CODEC(ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    echoes          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_2xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_3xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_4xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_5xx      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_401      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_403      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_404      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    status_429      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused         SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    request_bytes   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_bytes  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    latency_ms      SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    first_seen      SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_seen       SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
ORDER BY (tenant, entity_kind, entity_id, hour)
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS outrider.entity_hour_v1 ON CLUSTER 'security' AS outrider.entity_hour_v1_local
ENGINE = Distributed('security', 'outrider', 'entity_hour_v1_local');

CREATE MATERIALIZED VIEW IF NOT EXISTS outrider.entity_minute_mv_v1 ON CLUSTER 'security' TO outrider.entity_minute_v1_local AS
SELECT
    tenant,
    entity.1 AS entity_kind,
    entity.2 AS entity_id,
    toStartOfMinute(started_at) AS minute,
    anyLast(entity.3) AS name,
    countIf(block_echo = 0) AS requests,
    countIf(block_echo != 0) AS echoes,
    countIf(block_echo = 0 AND status BETWEEN 200 AND 299) AS status_2xx,
    countIf(block_echo = 0 AND status BETWEEN 300 AND 399) AS status_3xx,
    countIf(block_echo = 0 AND status BETWEEN 400 AND 499) AS status_4xx,
    countIf(block_echo = 0 AND status BETWEEN 500 AND 599) AS status_5xx,
    countIf(block_echo = 0 AND status = 401) AS status_401,
    countIf(block_echo = 0 AND status = 403) AS status_403,
    countIf(block_echo = 0 AND status = 404) AS status_404,
    countIf(block_echo = 0 AND status = 429) AS status_429,
    countIf(block_echo = 0 AND answered_by = 'kong' AND refusal IN ('unauthenticated', 'forbidden', 'rate-limited', 'no-route', 'https-required', 'bad-request', 'too-large')) AS refused,
    sumIf(toUInt64(greatest(request_bytes, 0)), block_echo = 0) AS request_bytes,
    sumIf(toUInt64(greatest(response_bytes, 0)), block_echo = 0) AS response_bytes,
    sumIf(toFloat64(latency_total_ms), block_echo = 0 AND latency_total_ms > 0) AS latency_ms,
    min(started_at) AS first_seen,
    max(started_at) AS last_seen,
    max(received_at) AS last_received
FROM outrider.events_v1_local
ARRAY JOIN arrayFilter(
    known -> known.2 != '',
    [
        ('consumer', toString(consumer_id), toString(multiIf(consumer_name != '', consumer_name, consumer_custom_id != '', consumer_custom_id, consumer_id))),
        ('credential', credential_id, credential_id),
        ('ip', client_ip, client_ip)
    ]) AS entity
GROUP BY tenant, entity_kind, entity_id, minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS outrider.entity_hour_mv_v1 ON CLUSTER 'security' TO outrider.entity_hour_v1_local AS
SELECT
    tenant,
    entity_kind,
    entity_id,
    toStartOfHour(minute) AS hour,
    anyLast(name) AS name,
    sum(requests) AS requests,
    sum(echoes) AS echoes,
    sum(status_2xx) AS status_2xx,
    sum(status_3xx) AS status_3xx,
    sum(status_4xx) AS status_4xx,
    sum(status_5xx) AS status_5xx,
    sum(status_401) AS status_401,
    sum(status_403) AS status_403,
    sum(status_404) AS status_404,
    sum(status_429) AS status_429,
    sum(refused) AS refused,
    sum(request_bytes) AS request_bytes,
    sum(response_bytes) AS response_bytes,
    sum(latency_ms) AS latency_ms,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen,
    max(last_received) AS last_received
FROM outrider.entity_minute_v1_local
GROUP BY tenant, entity_kind, entity_id, hour;
