-- baseline.observed
SELECT toInt64(intDiv(toUnixTimestamp(minute), 300)) AS block, toFloat64(sum(requests)), sum(requests) AS hits
FROM entity_minute_v1
WHERE tenant = {tenant:String} AND entity_kind = 'consumer' AND entity_id IN {ids:Array(String)} AND minute >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND minute < toDateTime(intDiv({to:Int64}, 1000), 'UTC') AND entity_id != ''
GROUP BY block
HAVING hits > 0
ORDER BY block
