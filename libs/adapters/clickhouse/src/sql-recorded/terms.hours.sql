-- terms.hours
SELECT entity_kind, entity_id, 'hour', toString((toDayOfWeek(hour) - 1) * 24 + toHour(hour)) AS term,
    toUnixTimestamp64Milli(min(first_seen)), toUnixTimestamp64Milli(max(last_seen)), sum(requests) AS hits, sum(status_2xx), uniqExact(toDate(hour))
FROM entity_hour_v1
WHERE tenant = {tenant:String} AND entity_kind = {kind:String} AND entity_id IN {callers:Array(String)}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND requests > 0
GROUP BY entity_kind, entity_id, term
ORDER BY entity_kind, entity_id, term
