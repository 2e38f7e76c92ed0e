-- terms.origins
SELECT caller_kind, caller_id, known.1 AS term_kind, known.2 AS term,
    toUnixTimestamp(min(began)) * 1000, toUnixTimestamp(max(ended)) * 1000, sum(hits), sum(good), sum(day_count)
FROM (
SELECT caller_kind, caller_id, known, min(first_seen) AS began, max(last_seen) AS ended, sum(requests) AS hits, sum(successes) AS good,
    bitCount(groupBitOr(days)) AS day_count
FROM caller_origins_v1
ARRAY JOIN arrayFilter(known -> known.2 != '' AND known.1 IN {term_kinds:Array(String)}, arrayConcat(
    [('credential', credential_id), ('prefix', prefix), ('agent', toString(agent)), ('country', toString(country)),
        ('asn', if(asn = 0, '', toString(asn)))],
    arrayMap(tag -> ('tag', toString(tag)), if(caller_kind = 'consumer', tags, [])))) AS known
WHERE tenant = {tenant:String} AND caller_kind = {kind:String} AND caller_id IN {callers:Array(String)} AND month >= toStartOfMonth(fromUnixTimestamp64Milli({from:Int64}, 'UTC'))
GROUP BY caller_kind, caller_id, known, month
)
GROUP BY caller_kind, caller_id, term_kind, term
ORDER BY caller_kind, caller_id, term_kind, term
