ALTER TABLE outrider.events_v1_local ON CLUSTER 'security' REMOVE TTL;
