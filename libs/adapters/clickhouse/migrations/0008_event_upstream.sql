-- Where the service of a request leads, `host:port`. Older rows do not say. An estate has few services, so a dictionary.
ALTER TABLE events_v1
    ADD COLUMN IF NOT EXISTS upstream LowCardinality(String) DEFAULT '' CODEC(ZSTD(1));
