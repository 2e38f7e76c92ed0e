/** Two independent 32-bit hashes of a text, together 64 bits; written to one shared pair to keep the hot path free of garbage. */
export interface Hash64 {
  high: number;
  low: number;
}

/** cyrb53's mixing, kept as two words. Not for secrets: it only tells strings apart. */
export const hash64 = (text: string, into: Hash64): Hash64 => {
  let h1 = 0xdeadbeef;
  let h2 = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, 2654435761);
    h2 = Math.imul(h2 ^ c, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  into.high = h2 >>> 0;
  into.low = h1 >>> 0;
  return into;
};

const scratch: Hash64 = { high: 0, low: 0 };

/** 32 bits of the same hash, for small distinct counts. */
export const hash32 = (text: string): number => hash64(text, scratch).low;
