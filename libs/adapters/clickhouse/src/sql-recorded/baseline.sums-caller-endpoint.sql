-- baseline.sums
SELECT
    entity,
    min(first_block) * 3600000,
    sum(cell_requests),
    length(groupUniqArrayArray(cell_days)),
    arraySlice(arrayReverseSort(groupArrayArray(cell_peaks)), 1, {peaks:UInt8}),
    groupArray(cell),
    groupArray(cell_n),
    groupArray(cell_sum),
    groupArray(cell_squares)
FROM (
SELECT
    entity,
    (intDiv(block, 24) + 3) % 7 * 24 + intDiv(block % 24, 1) AS cell,
    min(block) AS first_block,
    sumIf(hits, taught) AS cell_requests,
    groupUniqArrayIf(intDiv(block, 24), taught) AS cell_days,
    arraySlice(arrayReverseSort(groupArrayIf(peak, taught)), 1, {peaks:UInt8}) AS cell_peaks,
    toFloat64(countIf(taught AND amount > 0)) AS cell_n,
    sumIf(if(amount > 0, log(amount), 0), taught) AS cell_sum,
    sumIf(if(amount > 0, log(amount), 0) * if(amount > 0, log(amount), 0), taught) AS cell_squares
FROM (
SELECT concat(toString(caller_kind), ':', caller_id, ' ', if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template))) AS entity, toInt64(intDiv(toUnixTimestamp(hour), 3600)) AS block, NOT (entity IN {excluded:Array(String)} AND arrayExists((id, a, b) -> id = entity AND block >= a AND block <= b, {excluded:Array(String)}, {excluded_from:Array(Int64)}, {excluded_to:Array(Int64)})) AS taught,
    sum(requests) AS hits, toFloat64(sum(latency_ms) / sum(requests)) AS amount, amount AS peak
FROM caller_endpoint_hour_v1
WHERE tenant = {tenant:String} AND caller_kind IN {caller_kinds:Array(String)} AND caller_id IN {callers:Array(String)} AND service_id IN {services:Array(String)} AND method IN {methods:Array(String)} AND path_template IN {templates:Array(String)} AND concat(toString(caller_kind), ':', caller_id, ' ', if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template))) IN {ids:Array(String)} AND hour >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND hour < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
GROUP BY entity, block
HAVING hits > 0 AND block >= transform(entity, {reset:Array(String)}, {reset_from:Array(Int64)}, toInt64(0))
)
GROUP BY entity, cell
)
GROUP BY entity
ORDER BY entity
