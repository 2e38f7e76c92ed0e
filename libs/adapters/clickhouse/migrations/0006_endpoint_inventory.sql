-- What the minutes of an endpoint do not say, by day: how many callers, how its latencies lie, how much of it was authenticated.
--
-- Sorting key (tenant, gateway, service_id, host, method, path_template, day): the endpoints of one service under one host
-- (endpoints.traffic). Answers of upstreams alone: what Kong refused says nothing of an endpoint, and a scan makes no rows of its own
-- beyond one a path and day. No view fills it: that cost 15 % of every insert (a part of states a block); a led loop rolls up what was
-- received, five minutes at a time, under a token (endpoint_inventory.roll_up).
CREATE TABLE IF NOT EXISTS endpoint_inventory_v1
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
ENGINE = {AggregatingMergeTree}
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, gateway, service_id, host, method, path_template, day)
SETTINGS {common};
