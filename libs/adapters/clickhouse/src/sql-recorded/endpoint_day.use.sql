-- endpoint_day.use
SELECT if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template)) AS endpoint, service_id, route_id, sum(requests), sum(successes) AS good, sum(authenticated), uniqCombinedMerge(12)(consumers)
FROM endpoint_day_v1
WHERE tenant = {tenant:String} AND day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
GROUP BY endpoint, service_id, route_id
ORDER BY good DESC, endpoint, route_id
LIMIT {limit:UInt32}
