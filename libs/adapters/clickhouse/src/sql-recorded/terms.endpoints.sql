-- terms.endpoints
SELECT caller_kind, caller_id, 'endpoint', if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template)) AS endpoint, toUnixTimestamp(min(hour)) * 1000,
    toUnixTimestamp(max(last_seen)) * 1000, sum(requests), sum(successes), uniqExact(toDate(hour))
FROM caller_endpoint_hour_v1
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id IN {callers:Array(String)}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
GROUP BY caller_kind, caller_id, endpoint
ORDER BY caller_kind, caller_id, endpoint
