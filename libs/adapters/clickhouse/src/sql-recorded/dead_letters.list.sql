-- dead_letters.list
SELECT tenant, gateway, replaceAll(toString(id), '-', ''), toUnixTimestamp64Milli(received_at), reason, detail, excerpt, bytes, transport
FROM dead_letters_v1
WHERE tenant = {tenant:String}
  AND received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})
  AND reason = {reason:String}
  AND received_at <= fromUnixTimestamp64Milli({after_at:Int64})
  AND (received_at, id) < (fromUnixTimestamp64Milli({after_at:Int64}), {after_id:UUID})
ORDER BY received_at DESC, id DESC
LIMIT 1 BY id
LIMIT {limit:UInt32}
