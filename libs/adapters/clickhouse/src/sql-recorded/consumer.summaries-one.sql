-- consumer.summaries
SELECT
    entity_id AS entity,
    anyLast(name) AS any_name,
    sum(requests) + sum(echoes) AS requests_sum,
    sum(status_4xx) + sum(status_5xx) + sum(echoes) AS errors,
    sum(refused) + sum(echoes) AS refused_sum,
    sum(response_bytes) AS bytes,
    toUnixTimestamp64Milli(min(first_seen)) AS first_ms,
    toUnixTimestamp64Milli(max(last_seen)) AS last_ms
FROM entity_minute_v1
WHERE tenant = {tenant:String}
  AND entity_kind = 'consumer'
  AND minute >= toStartOfMinute(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
  AND minute < fromUnixTimestamp64Milli({to:Int64})
  AND entity_id = {entity:String}
GROUP BY entity
ORDER BY requests_sum DESC, entity
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
