-- terms.last_used
WITH
    arrayMap(i -> if(i = 1, 0, hours[i].1 - hours[i - 1].2), arrayEnumerate(hours)) AS gaps,
    toInt64(arrayLastIndex(gap -> gap >= 86400000, gaps)) AS latest,
    arraySlice(hours, 1, greatest(latest - 1, 0)) AS before
SELECT entity_kind, entity_id, hours[1].1, hours[-1].2, arraySum(known -> known.3, hours), arrayUniq(arrayMap(known -> known.4, hours)),
    hours[greatest(latest, 1)].1, if(latest = 0, 0, gaps[latest]), arrayCount((gap, i) -> gap >= 1728000000 AND i < latest, gaps, arrayEnumerate(gaps)),
    arraySum(known -> known.3, before), arrayUniq(arrayMap(known -> known.4, before))
FROM (
SELECT entity_kind, entity_id, arraySort(groupArray((began, ended, hits, day))) AS hours
FROM (
SELECT entity_kind, entity_id, toUnixTimestamp64Milli(min(first_seen)) AS began, toUnixTimestamp64Milli(max(last_seen)) AS ended,
    sum(requests) AS hits, toDate(hour) AS day
FROM entity_hour_v1
WHERE tenant = {tenant:String} AND entity_kind = {kind:String} AND entity_id IN {callers:Array(String)}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND requests > 0
GROUP BY entity_kind, entity_id, hour
)
GROUP BY entity_kind, entity_id
)
ORDER BY entity_kind, entity_id
