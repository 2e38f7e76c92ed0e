-- events.newest_by_partition
SELECT
    intDiv(bus_position, 1099511627776) AS bus_partition,
    toUnixTimestamp64Milli(max(least(started_at, received_at)))
FROM events_v1
WHERE received_at >= fromUnixTimestamp64Milli({since:Int64})
  AND intDiv(bus_position, 1099511627776) IN {partitions:Array(UInt16)}
GROUP BY bus_partition
