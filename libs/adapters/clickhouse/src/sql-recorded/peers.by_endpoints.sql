-- peers.by_endpoints
WITH (
    SELECT (groupArray(endpoint), groupArray(toFloat64(hits))) FROM (
    SELECT cityHash64(service_id, method, path_template) AS endpoint, sum(requests) AS hits FROM caller_endpoint_hour_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id = {caller:String} AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
    GROUP BY endpoint ORDER BY hits DESC, endpoint LIMIT 50)
) AS own, (
    SELECT greatest(1, intDiv(uniqCombined(12)(caller_id), 20000)) FROM caller_origins_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND month >= toStartOfMonth(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
) AS one_of
SELECT caller_id, sum(hits * mine) / sqrt(sum(hits * hits)) / sqrt(arraySum(x -> x * x, own.2)) AS cosine, toString(own.1[1])
FROM (
SELECT caller_id, cityHash64(service_id, method, path_template) AS endpoint, toFloat64(sum(requests)) AS hits, transform(endpoint, own.1, own.2, 0.) AS mine
FROM caller_endpoint_hour_v1
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id != {caller:String} AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
  AND cityHash64(caller_id) % one_of = 0
GROUP BY caller_id, endpoint
)
GROUP BY caller_id
HAVING cosine >= 0.8
ORDER BY cosine DESC, caller_id
LIMIT {limit:UInt32}
