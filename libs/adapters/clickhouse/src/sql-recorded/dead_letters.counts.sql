-- dead_letters.counts
SELECT reason, uniqExact(id) AS letters
FROM dead_letters_v1
WHERE tenant = {tenant:String} AND received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})
GROUP BY reason
ORDER BY letters DESC, reason
