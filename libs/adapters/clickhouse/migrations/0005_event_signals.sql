-- What collect read out of the raw request before it was sanitised (attacks, data classes, the client's stack, claimed address and
-- method, rate limit) and where the address lies. Older rows have what an event says that nobody asked. New columns stand behind the
-- computed ones: inserts and reads name their columns. Few values, so dictionaries, but for what a client can make up for each request.
ALTER TABLE events_v1
    ADD COLUMN IF NOT EXISTS attacks             LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS data_classes        LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS client_fingerprint  String DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS forwarded_for       String DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS method_override     LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS rate_limit          Int64 DEFAULT -1 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS rate_remaining      Int64 DEFAULT -1 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS country             LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS asn                 UInt32 DEFAULT 0 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS network             LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS location            LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS threat              LowCardinality(String) DEFAULT '' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS rule_matches        LowCardinality(String) DEFAULT '' CODEC(ZSTD(1));
