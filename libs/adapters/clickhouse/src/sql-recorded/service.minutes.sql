-- service.minutes
SELECT
    tenant,
    gateway,
    if(service_id = '', service_name, service_id) AS service,
    anyLast(service_name) AS any_name,
    toUnixTimestamp(minute) * 1000 AS minute_ms,
    sum(requests) AS requests_sum,
    sum(status_5xx) AS server_errors,
    sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429) AS client_errors
FROM endpoint_minute_v1
WHERE minute >= toStartOfMinute(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND minute < fromUnixTimestamp64Milli({to:Int64})
GROUP BY tenant, gateway, service, minute
HAVING service != '' AND requests_sum > 0
ORDER BY minute DESC, requests_sum DESC, tenant, gateway, service
LIMIT {limit:UInt32}
