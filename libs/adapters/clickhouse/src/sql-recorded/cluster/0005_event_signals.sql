ALTER TABLE outrider.events_v1_local ON CLUSTER 'security'
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

ALTER TABLE outrider.events_v1 ON CLUSTER 'security'
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
