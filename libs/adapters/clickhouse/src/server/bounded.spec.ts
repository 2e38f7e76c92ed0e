import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { unlessSilent, within } from './bounded.ts';

const never = new Promise<never>(() => undefined);

describe('a bound', () => {
  it('gives up what takes too long, tells it to end, and says what it was', async () => {
    let ended = false;
    const work = async (signal: AbortSignal): Promise<never> => {
      signal.addEventListener('abort', () => (ended = true));
      return never;
    };
    await expect(within(5, 'events.search', work)).rejects.toMatchObject({
      name: 'TransientError',
      code: 'store-timeout',
      message: expect.stringContaining('events.search'),
    });
    expect(ended).toBe(true);
  });

  it('hands on what comes in time, good or bad', async () => {
    await expect(within(10_000, 'x', async () => 7)).resolves.toBe(7);
    await expect(within(10_000, 'x', () => Promise.reject(new RangeError('own')))).rejects.toThrow(RangeError);
  });

  it('on a stream counts the sender’s silence, and not the time that the reader takes', async () => {
    const slowReader = unlessSilent<number>(Readable.from([1, 2, 3]), 40, 'x');
    const read: number[] = [];
    for await (const item of slowReader) {
      read.push(item);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(read).toEqual([1, 2, 3]);
    const silent = new Readable({ objectMode: true, read: () => undefined });
    silent.push(1);
    const items = unlessSilent<number>(silent, 20, 'events.replay');
    await expect(items.next()).resolves.toMatchObject({ value: 1 });
    await expect(items.next()).rejects.toMatchObject({ code: 'store-timeout' });
    expect(silent.destroyed).toBe(true);
  });

  it('on a stream lets go of it when the reader stops', async () => {
    const stream = Readable.from([1, 2, 3]);
    for await (const item of unlessSilent<number>(stream, 10_000, 'x')) if (item === 1) break;
    expect(stream.destroyed).toBe(true);
  });
});
