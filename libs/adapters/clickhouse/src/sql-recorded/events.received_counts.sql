-- events.received_counts
SELECT gateway, count()
FROM events_v1
WHERE tenant = {tenant:String} AND received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY gateway
