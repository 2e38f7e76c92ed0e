import type { Readable } from 'node:stream';
import { TransientError } from '@outrider/platform/errors';

/** `work` gets a signal that ends its request; when `ms` have passed, it is given up, whatever it does. */
export const within = async <T>(ms: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(silence(what, ms));
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The stream's items; a reader may take its time between them, the sender may not. */
export async function* unlessSilent<T>(stream: Readable, ms: number, what: string): AsyncGenerator<T> {
  const items = stream[Symbol.asyncIterator]() as AsyncIterator<T>;
  try {
    for (;;) {
      const timer = setTimeout(() => stream.destroy(silence(what, ms)), ms);
      const step = await items.next().finally(() => clearTimeout(timer));
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    stream.destroy();
  }
}

const silence = (what: string, ms: number): TransientError =>
  new TransientError(`${what}: ClickHouse did not answer within ${Math.round(ms / 1000)} s`, 'store-timeout');
