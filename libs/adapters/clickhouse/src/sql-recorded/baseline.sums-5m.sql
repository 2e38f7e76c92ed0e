-- baseline.sums
SELECT
    entity,
    min(first_block) * 300000,
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
    (intDiv(block, 288) + 3) % 7 * 24 + intDiv(block % 288, 12) AS cell,
    min(block) AS first_block,
    sumIf(hits, taught) AS cell_requests,
    groupUniqArrayIf(intDiv(block, 288), taught) AS cell_days,
    arraySlice(arrayReverseSort(groupArrayIf(peak, taught)), 1, {peaks:UInt8}) AS cell_peaks,
    toFloat64(countIf(taught)) AS cell_n,
    sumIf(amount, taught) AS cell_sum,
    sumIf(amount * amount, taught) AS cell_squares
FROM (
SELECT entity, block, taught, m0 + m1 + m2 + m3 + m4 AS hits, toFloat64(hits) AS amount,
    before.1 = block - 1 AND before.2 AS joined,
    toFloat64(greatest(
        m0 + if(joined, before.3 + before.4 + before.5 + before.6, 0),
        m0 + m1 + if(joined, before.4 + before.5 + before.6, 0),
        m0 + m1 + m2 + if(joined, before.5 + before.6, 0),
        m0 + m1 + m2 + m3 + if(joined, before.6, 0),
        hits)) AS peak
FROM (
SELECT entity, block, taught, m0, m1, m2, m3, m4,
    lagInFrame((block, taught, m1, m2, m3, m4)) OVER (PARTITION BY entity ORDER BY block ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
FROM (
SELECT entity_id AS entity, toInt64(intDiv(toUnixTimestamp(minute), 300)) AS block, NOT (entity IN {excluded:Array(String)} AND arrayExists((id, a, b) -> id = entity AND block >= a AND block <= b, {excluded:Array(String)}, {excluded_from:Array(Int64)}, {excluded_to:Array(Int64)})) AS taught,
    sumIf(requests, toMinute(minute) % 5 = 0) AS m0, sumIf(requests, toMinute(minute) % 5 = 1) AS m1, sumIf(requests, toMinute(minute) % 5 = 2) AS m2, sumIf(requests, toMinute(minute) % 5 = 3) AS m3, sumIf(requests, toMinute(minute) % 5 = 4) AS m4
FROM entity_minute_v1
WHERE tenant = {tenant:String} AND entity_kind = 'consumer' AND entity_id IN {ids:Array(String)} AND minute >= toDateTime(intDiv({from:Int64}, 1000), 'UTC') AND minute < toDateTime(intDiv({to:Int64}, 1000), 'UTC')
GROUP BY entity, block
HAVING m0 + m1 + m2 + m3 + m4 > 0 AND block >= transform(entity, {reset:Array(String)}, {reset_from:Array(Int64)}, toInt64(0))
)
)
)
GROUP BY entity, cell
)
GROUP BY entity
ORDER BY entity
