-- endpoint_inventory.typed_templates
SELECT method, path_template
FROM endpoint_inventory_v1
WHERE tenant = {tenant:String} AND gateway = {gateway:String} AND service_id = {service:String} AND host = {host:String} AND day >= toDate(fromUnixTimestamp64Milli({from:Int64})) AND day <= toDate(fromUnixTimestamp64Milli({to:Int64}))
GROUP BY method, path_template
ORDER BY sum(requests) DESC, path_template, method
LIMIT {limit:UInt32}
