-- events.recall
SELECT tenant, gateway, replaceAll(toString(id), '-', ''), has_request_id, kind, toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(received_at), consumer_id, consumer_name, consumer_custom_id, consumer_tags, credential_id, credential_fingerprint, client_ip, method, host, path, path_template, query, status, answered_by, refusal, request_bytes, response_bytes, latency_total_ms, latency_kong_ms, latency_upstream_ms, tries, service_id, service_name, route_id, route_name, user_agent, request_content_type, response_content_type, tls_version, attacks, data_classes, client_fingerprint, forwarded_for, method_override, rate_limit, rate_remaining, country, asn, network, location, threat, rule_matches, upstream, bus_position
FROM events_v1
WHERE started_at >= fromUnixTimestamp64Milli({from:Int64}) AND started_at < fromUnixTimestamp64Milli({to:Int64}) AND received_at >= fromUnixTimestamp64Milli({since:Int64}) AND block_echo = 0
  AND intDiv(bus_position, 1099511627776) IN {partitions:Array(UInt16)}
  AND (started_at >= fromUnixTimestamp64Milli({fresh:Int64}) OR bus_position > transform(intDiv(bus_position, 1099511627776), {known:Array(Int64)}, {behind:Array(Int64)}, toInt64(-1)))
ORDER BY received_at, bus_position, started_at, id
