-- events.replay
SELECT tenant, gateway, replaceAll(toString(id), '-', ''), has_request_id, kind, toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(received_at), consumer_id, consumer_name, consumer_custom_id, consumer_tags, credential_id, credential_fingerprint, client_ip, method, host, path, path_template, query, status, answered_by, refusal, request_bytes, response_bytes, latency_total_ms, latency_kong_ms, latency_upstream_ms, tries, service_id, service_name, route_id, route_name, user_agent, request_content_type, response_content_type, tls_version, attacks, data_classes, client_fingerprint, forwarded_for, method_override, rate_limit, rate_remaining, country, asn, network, location, threat, rule_matches, upstream
FROM events_v1
WHERE tenant = {tenant:String} AND started_at >= fromUnixTimestamp64Milli({from:Int64}) AND started_at < fromUnixTimestamp64Milli({to:Int64}) AND block_echo = 0
  AND (status IN {w0: Array(Int64)})
  AND cityHash64(cityHash64(toString(client_ip), toString(method)), intDiv(toUnixTimestamp64Milli(least(started_at, received_at)), {crowdSpan: Int64})) GLOBAL IN (
    SELECT cityHash64(crowd_group, arrayJoin([crowd_span - 1, crowd_span, crowd_span + 1]))
    FROM (
      SELECT cityHash64(toString(client_ip), toString(method)) AS crowd_group, intDiv(toUnixTimestamp64Milli(least(started_at, received_at)), {crowdSpan: Int64}) AS crowd_span
      FROM events_v1
      WHERE tenant = {tenant:String} AND started_at >= fromUnixTimestamp64Milli({crowdFrom:Int64}) AND started_at < fromUnixTimestamp64Milli({crowdTo:Int64}) AND block_echo = 0
  AND (status IN {w0: Array(Int64)})
      GROUP BY crowd_group, crowd_span
      HAVING count() >= {crowdHalf: UInt32}
    )
  )
ORDER BY started_at, id
