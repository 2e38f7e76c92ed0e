import { TransientError } from '@outrider/platform/errors';

/** `promise`, or a TransientError with `code` after `ms`. What comes of the promise later is dropped. */
export const within = async <T>(promise: Promise<T>, ms: number, code: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TransientError(`Kafka did not answer within ${ms} ms`, code)), ms);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
