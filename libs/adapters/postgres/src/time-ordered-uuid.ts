import { randomBytes } from 'node:crypto';

let lastMs = 0;
let counter = 0;

/** UUID version 7: sorts by `atMs`, and by the order of the calls of this process within one millisecond (4096 of them). */
export const timeOrderedUuid = (atMs: number): string => {
  counter = atMs === lastMs ? Math.min(counter + 1, 0xfff) : 0;
  lastMs = atMs;
  const time = atMs.toString(16).padStart(12, '0');
  const tail = randomBytes(8);
  tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80;
  const hex = tail.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${hex.slice(0, 4)}-${hex.slice(4)}`;
};
