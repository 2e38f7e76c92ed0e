ALTER TABLE outrider.events_v1_local ON CLUSTER 'security' MODIFY TTL toDateTime(received_at) + toIntervalDay(180);
