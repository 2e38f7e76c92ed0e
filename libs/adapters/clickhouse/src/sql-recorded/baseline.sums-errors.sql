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
    toFloat64(sumIf(hits, taught)) AS cell_n,
    sumIf(amount, taught) AS cell_sum,
    sumIf(amount * amount, taught) AS cell_squares
FROM (
SELECT if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template)) AS entity, toInt64(intDiv(toUnixTimestamp(hour), 3600)) AS block, true AS taught,
    sum(requests) AS hits, toFloat64(sum(status_5xx) + sum(status_4xx) - sum(status_401) - sum(status_403) - sum(status_404) - sum(status_429)) AS amount, amount AS peak
FROM endpoint_hour_v1
WHERE tenant = {tenant:String} AND service_id IN {services:Array(String)} AND method IN {methods:Array(String)} AND path_template IN {templates:Array(String)} AND if(service_id = '', concat(method, ' ', path_template), concat(service_id, ' ', method, ' ', path_template)) IN {ids:Array(String)} AND hour >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND hour < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
GROUP BY entity, block
HAVING hits > 0
)
GROUP BY entity, cell
)
GROUP BY entity
ORDER BY entity
