-- events.recall_start
SELECT toUnixTimestamp64Milli(min(received_at)), count()
FROM (
SELECT received_at
FROM events_v1
WHERE started_at >= fromUnixTimestamp64Milli({from:Int64}) AND started_at < fromUnixTimestamp64Milli({to:Int64}) AND block_echo = 0
  AND intDiv(bus_position, 1099511627776) IN {partitions:Array(UInt16)}
ORDER BY received_at DESC
LIMIT {most:UInt32}
)
