-- events.replay_count
SELECT toUInt32(count())
FROM events_v1
WHERE tenant = {tenant:String} AND started_at >= fromUnixTimestamp64Milli({from:Int64}) AND started_at < fromUnixTimestamp64Milli({to:Int64}) AND block_echo = 0
  AND (status IN {w0: Array(Int64)})
