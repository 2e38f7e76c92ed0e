/** The grain of short windows. Everything that slides, slides by it. */
export const BUCKET_MS = 10_000;
/** 5 minutes: the window of request and error counts. */
export const WINDOW_BUCKETS = 30;
export const WINDOW_MS = WINDOW_BUCKETS * BUCKET_MS;
/** 16 minutes: the window, 10 minutes of grace for late events, and the block that is still open. */
export const RING_BUCKETS = 96;

export const bucketOf = (at: number): number => Math.floor(at / BUCKET_MS);
/** Five-minute blocks, aligned: what a baseline is made of. */
export const blockOf = (at: number): number => Math.floor(at / WINDOW_MS);
export const blockOfBucket = (bucket: number): number => Math.floor(bucket / WINDOW_BUCKETS);

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
