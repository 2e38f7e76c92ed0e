-- consumer.minute_counts
SELECT
    entity_id AS entity,
    toUnixTimestamp(minute) * 1000 AS minute_ms,
    sum(requests) AS requests_sum,
    sum(status_5xx) AS server_errors,
    sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429) AS client_errors,
    sum(refused) AS refused_sum
FROM entity_minute_v1
WHERE tenant = {tenant:String} AND entity_kind = 'consumer' AND entity_id IN {entities:Array(String)}
  AND minute >= toDateTime(intDivOrZero({from:Int64}, 1000), 'UTC') AND minute < fromUnixTimestamp64Milli({to:Int64})
GROUP BY entity, minute
HAVING requests_sum > 0
ORDER BY entity, minute
