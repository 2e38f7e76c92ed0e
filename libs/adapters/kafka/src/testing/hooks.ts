import type { ConsumerHooks } from '../partition-consumer.ts';

/** Hooks that do nothing and finish everything, but for those given. */
export const hooksOf = (some: Partial<ConsumerHooks>): ConsumerHooks => ({
  handle: async () => undefined,
  deadLetter: async () => undefined,
  onDone: () => undefined,
  onSettled: () => undefined,
  onRetry: () => undefined,
  onLost: () => undefined,
  onTaken: () => undefined,
  onProgress: () => undefined,
  plan: async () => undefined,
  plansDurable: async () => undefined,
  mayHand: () => true,
  ...some,
});
