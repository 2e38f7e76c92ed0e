-- endpoint_day.roll_up
INSERT INTO endpoint_day_v1 (tenant, service_id, method, path_template, route_id, day, requests, successes, authenticated, consumers, last_received)
SELECT tenant, service_id, method, toString(path_template) AS template, route_id, toDate(started_at) AS day,
    count(), countIf(status BETWEEN 200 AND 299), countIf(status BETWEEN 200 AND 299 AND caller_kind = 'consumer'),
    uniqCombinedStateIf(12)(toString(consumer_id), caller_kind = 'consumer'), toDateTime(max(received_at), 'UTC')
FROM events_v1
WHERE received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64}) AND block_echo = 0
GROUP BY tenant, service_id, method, template, route_id, day
ORDER BY tenant, service_id, method, template, route_id, day
LIMIT {limit:UInt32}
