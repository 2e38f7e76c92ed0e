-- events.seen_since
SELECT concat(gateway, ':', replaceAll(toString(id), '-', '')), bus_position
FROM events_v1
WHERE received_at >= fromUnixTimestamp64Milli({since:Int64})
  AND intDiv(bus_position, 1099511627776) IN {partitions:Array(UInt16)}
ORDER BY received_at DESC
LIMIT {limit:UInt32}
