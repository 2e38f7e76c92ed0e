ALTER TABLE outrider.events_v1_local ON CLUSTER 'security'
    ADD COLUMN IF NOT EXISTS upstream LowCardinality(String) DEFAULT '' CODEC(ZSTD(1));

ALTER TABLE outrider.events_v1 ON CLUSTER 'security'
    ADD COLUMN IF NOT EXISTS upstream LowCardinality(String) DEFAULT '' CODEC(ZSTD(1));
