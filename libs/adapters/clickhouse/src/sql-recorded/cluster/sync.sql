SYSTEM SYNC REPLICA ON CLUSTER 'security' outrider.events_v1_local LIGHTWEIGHT;
