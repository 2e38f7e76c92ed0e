-- endpoint_day.consumers
SELECT uniqCombinedMerge(12)(consumers)
FROM endpoint_day_v1
WHERE tenant = {tenant:String} AND day >= toDate(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}, 'UTC'))
