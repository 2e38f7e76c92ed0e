-- events.learnable_calls
SELECT tenant, gateway, service_id, anyLast(service_name), host, method, anyLast(path), path_template, caller,
  count() AS calls, toUnixTimestamp64Milli(min(started_at)), toUnixTimestamp64Milli(max(started_at))
FROM events_v1
WHERE started_at >= fromUnixTimestamp64Milli({from:Int64}) AND started_at < fromUnixTimestamp64Milli({to:Int64})
  AND service_id != '' AND kind = 'http' AND answered_by = 'upstream' AND status BETWEEN 200 AND 399 AND block_echo = 0
GROUP BY tenant, gateway, service_id, host, method, path_template, extract(path, {version:String}) AS version,
  cityHash64(caller_kind, caller_id) % 64 AS caller, toStartOfHour(started_at)
ORDER BY calls DESC, path_template, caller
LIMIT {limit:UInt32}
