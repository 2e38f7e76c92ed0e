-- endpoint_inventory.roll_up
INSERT INTO endpoint_inventory_v1 (tenant, gateway, service_id, host, method, path_template, day, requests, status_2xx, status_3xx,
  status_4xx, status_5xx, authenticated, request_bytes, response_bytes, last_received, callers, latencies)
SELECT tenant, gateway, service_id, host, method, toString(path_template) AS template, toDate(started_at) AS day,
  count(), countIf(status BETWEEN 200 AND 299), countIf(status BETWEEN 300 AND 399), countIf(status BETWEEN 400 AND 499),
  countIf(status BETWEEN 500 AND 599), countIf(status BETWEEN 200 AND 399 AND caller_kind != 'ip'),
  sum(toUInt64(greatest(request_bytes, 0))), sum(toUInt64(greatest(response_bytes, 0))), toDateTime(max(received_at), 'UTC'),
  uniqCombinedState(12)(caller_id), quantilesBFloat16State(0.5, 0.95, 0.99)(latency_total_ms)
FROM events_v1
WHERE received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})
  AND answered_by = 'upstream' AND service_id != '' AND block_echo = 0
GROUP BY tenant, gateway, service_id, host, method, template, day
ORDER BY tenant, gateway, service_id, host, method, template, day
LIMIT {limit:UInt32}
