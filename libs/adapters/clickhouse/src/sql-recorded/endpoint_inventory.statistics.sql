-- endpoint_inventory.statistics
SELECT method, transform(path_template, {typed:Array(String)}, {learned:Array(String)}, path_template) AS template,
  sum(requests) AS calls, sum(status_2xx), sum(status_3xx), sum(status_4xx), sum(status_5xx), sum(authenticated),
  sum(request_bytes), sum(response_bytes), uniqCombinedMerge(12)(callers),
  quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[1] AS p50, quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[2] AS p95,
  quantilesBFloat16Merge(0.5, 0.95, 0.99)(latencies)[3] AS p99
FROM endpoint_inventory_v1
WHERE tenant = {tenant:String} AND gateway = {gateway:String} AND service_id = {service:String} AND host = {host:String} AND day >= toDate(fromUnixTimestamp64Milli({from:Int64})) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}))
GROUP BY method, template
ORDER BY calls DESC, template, method
LIMIT {limit:UInt32}
