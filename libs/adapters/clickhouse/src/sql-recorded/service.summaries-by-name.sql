-- service.summaries
SELECT
    service_id AS entity,
    anyLast(if(service_name = '', service_id, service_name)) AS any_name,
    sum(requests) + sum(echoes) AS requests_sum,
    sum(status_4xx) + sum(status_5xx) + sum(echoes) AS errors,
    sum(refused) + sum(echoes) AS refused_sum,
    sum(response_bytes) AS bytes,
    toUnixTimestamp64Milli(min(first_seen)) AS first_ms,
    toUnixTimestamp64Milli(max(last_seen)) AS last_ms
FROM endpoint_hour_v1
WHERE tenant = {tenant:String}
  AND service_id != ''
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
  AND hour < fromUnixTimestamp64Milli({to:Int64})
GROUP BY entity
HAVING positionCaseInsensitiveUTF8(any_name, {contains:String}) > 0 OR positionCaseInsensitiveUTF8(entity, {contains:String}) > 0
ORDER BY requests_sum DESC, entity
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
