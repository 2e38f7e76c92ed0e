-- What each caller (domain/traffic/entity) did at each endpoint in each hour: the baseline of a consumer at an endpoint, which and how
-- many endpoints a caller uses. Block echo is not in it. A cascade of these rows into a row a month was measured to cost more at the
-- insert than the view itself: a caller's endpoints are read from here (terms.endpoints).
--
-- Sorting key (tenant, caller_kind, caller_id, service_id, method, path_template, hour): a caller's endpoints, one of them hour by hour
-- (baseline.sums of caller-endpoint, terms.endpoints, peers.by_endpoints).
CREATE TABLE IF NOT EXISTS caller_endpoint_hour_v1
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    caller_kind     Enum8('consumer' = 1, 'credential' = 2, 'ip' = 3) CODEC(ZSTD(1)),
    caller_id       String CODEC(ZSTD(1)),
    service_id      LowCardinality(String) CODEC(ZSTD(1)),
    method          LowCardinality(String) CODEC(ZSTD(1)),
    path_template   String CODEC(ZSTD(1)),
    hour            DateTime('UTC') CODEC(Delta, ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    successes       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    errors          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    response_bytes  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    latency_ms      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    last_seen       SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = {AggregatingMergeTree}
PARTITION BY toMonday(hour)
ORDER BY (tenant, caller_kind, caller_id, service_id, method, path_template, hour)
SETTINGS {common};

CREATE MATERIALIZED VIEW IF NOT EXISTS caller_endpoint_hour_mv_v1 TO caller_endpoint_hour_v1 AS
SELECT
    tenant,
    caller_kind,
    caller_id,
    service_id,
    method,
    toString(path_template) AS path_template,
    toStartOfHour(started_at) AS hour,
    count() AS requests,
    countIf(status BETWEEN 200 AND 299) AS successes,
    countIf(status BETWEEN 400 AND 599 AND status NOT IN (401, 403, 404, 429)) AS errors,
    sum(toUInt64(greatest(response_bytes, 0))) AS response_bytes,
    sum(toUInt64(greatest(latency_total_ms, 0))) AS latency_ms,
    toDateTime(max(started_at)) AS last_seen,
    toDateTime(max(received_at)) AS last_received
FROM events_v1
WHERE block_echo = 0
GROUP BY tenant, caller_kind, caller_id, service_id, method, path_template, hour;

-- Where each caller ever came from and with what, a row a month for each combination: credential, address prefix, client, country,
-- autonomous system. Terms are taken from its columns when they are read (terms.origins): taking the rows apart at the insert cost three
-- times as much. Of a caller that is an address the prefix is in its id. `days` is a bit for each day of the month.
--
-- Sorting key (tenant, caller_kind, caller_id, credential_id, prefix, agent, country, asn, month): everything of many callers.
CREATE TABLE IF NOT EXISTS caller_origins_v1
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    caller_kind     Enum8('consumer' = 1, 'credential' = 2, 'ip' = 3) CODEC(ZSTD(1)),
    caller_id       String CODEC(ZSTD(1)),
    credential_id   String CODEC(ZSTD(1)),
    prefix          String CODEC(ZSTD(1)),
    agent           LowCardinality(String) CODEC(ZSTD(1)),
    country         LowCardinality(String) CODEC(ZSTD(1)),
    asn             UInt32 CODEC(ZSTD(1)),
    month           Date CODEC(ZSTD(1)),
    tags            SimpleAggregateFunction(anyLast, Array(String)) CODEC(ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    successes       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    days            SimpleAggregateFunction(groupBitOr, UInt32) CODEC(ZSTD(1)),
    first_seen      SimpleAggregateFunction(min, DateTime('UTC')) CODEC(Delta, ZSTD(1)),
    last_seen       SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = {AggregatingMergeTree}
PARTITION BY toYYYYMM(month)
ORDER BY (tenant, caller_kind, caller_id, credential_id, prefix, agent, country, asn, month)
SETTINGS {common};

-- Grouped by the address, so that prefix and client are made once a group; groups that are then alike are merged as the part is written.
-- The address says where it lies: country and system are no keys of the group.
CREATE MATERIALIZED VIEW IF NOT EXISTS caller_origins_mv_v1 TO caller_origins_v1 AS
SELECT
    tenant,
    caller_kind,
    caller_id,
    if(caller_kind = 'consumer', credential_id, '') AS credential_id,
    multiIf(caller_kind = 'ip' OR client_ip = '', '',
        position(client_ip, ':') = 0, concat(substring(client_ip, 1, length(client_ip) - position(reverse(client_ip), '.')), '.0/24'),
        concat(toString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client_ip), 48), 1)), '/48')) AS prefix,
    extract(toString(user_agent), '^[^/ ]{0,64}') AS agent,
    country,
    asn,
    toStartOfMonth(day) AS month,
    tags,
    requests,
    successes,
    bitShiftLeft(toUInt32(1), toDayOfMonth(day) - 1) AS days,
    first_seen,
    last_seen,
    last_received
FROM
(
    SELECT
        tenant,
        caller_kind,
        caller_id,
        client_ip,
        user_agent,
        credential_id,
        toDate(started_at) AS day,
        any(country) AS country,
        any(asn) AS asn,
        CAST(any(consumer_tags), 'Array(String)') AS tags,
        count() AS requests,
        countIf(status BETWEEN 200 AND 299) AS successes,
        toDateTime(min(started_at)) AS first_seen,
        toDateTime(max(started_at)) AS last_seen,
        toDateTime(max(received_at)) AS last_received
    FROM events_v1
    WHERE block_echo = 0
    GROUP BY tenant, caller_kind, caller_id, client_ip, user_agent, credential_id, day
);

-- How an endpoint is used, by day: good answers (2xx) to consumers and to everybody, and how many consumers there were. Filled with
-- endpoint_inventory_v1, five minutes at a time (endpoint_day.roll_up): a share does not miss what came too late for that.
--
-- Sorting key (tenant, service_id, method, path_template, route_id, day): shares of many endpoints over weeks (endpoint_day.use).
CREATE TABLE IF NOT EXISTS endpoint_day_v1
(
    tenant          LowCardinality(String) CODEC(ZSTD(1)),
    service_id      LowCardinality(String) CODEC(ZSTD(1)),
    method          LowCardinality(String) CODEC(ZSTD(1)),
    path_template   String CODEC(ZSTD(1)),
    route_id        LowCardinality(String) CODEC(ZSTD(1)),
    day             Date CODEC(ZSTD(1)),
    requests        SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    successes       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    authenticated   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    consumers       AggregateFunction(uniqCombined(12), String) CODEC(ZSTD(1)),
    last_received   SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta, ZSTD(1))
)
ENGINE = {AggregatingMergeTree}
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, service_id, method, path_template, route_id, day)
SETTINGS {common};
