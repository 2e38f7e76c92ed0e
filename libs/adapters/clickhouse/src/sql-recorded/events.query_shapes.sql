-- events.query_shapes
SELECT method, path_template, anyLast(path), anyLast(query) AS one, data_classes, count() AS calls
FROM events_v1
WHERE tenant = {tenant:String} AND gateway = {gateway:String} AND service_id = {service:String} AND host = {host:String} AND received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})
  AND answered_by = 'upstream' AND status BETWEEN 200 AND 399 AND block_echo = 0 AND (query != '' OR data_classes != '')
GROUP BY method, path_template, data_classes,
  replaceRegexpAll(replaceRegexpAll(query, {numbers:String}, '\\1 \\2'), {uuids:String}, '=- \\1') AS form
ORDER BY calls DESC, path_template, form, data_classes
LIMIT {limit:UInt32}
