-- peers.by_tags
WITH (
    SELECT arraySort(groupUniqArrayArray(tags)) FROM caller_origins_v1
    WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id = {caller:String} AND month >= toStartOfMonth(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
) AS own
SELECT caller_id, 1., arrayStringConcat(own, ',')
FROM caller_origins_v1
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id != {caller:String} AND month >= toStartOfMonth(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
  AND notEmpty(own) AND notEmpty(tags)
GROUP BY caller_id
HAVING arraySort(groupUniqArrayArray(tags)) = own
ORDER BY sum(requests) DESC, caller_id
LIMIT {limit:UInt32}
