-- gateway.last_seen
SELECT
    gateway,
    toUnixTimestamp64Milli(max(last_seen)),
    toUnixTimestamp64Milli(max(last_received))
FROM endpoint_hour_v1
WHERE tenant = {tenant:String}
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({from:Int64}, 'UTC')) AND hour <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY gateway
ORDER BY gateway
