import { expect, test } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import { KeyedMutex } from './keyed-mutex.ts';

test('one key runs in order and never side by side, whatever fails; other keys do not wait', async () => {
  const mutex = new KeyedMutex();
  const seen: string[] = [];
  let release = (): void => undefined;
  const first = mutex.run('a', async () => {
    await new Promise<void>((resolve) => (release = resolve));
    seen.push('a1');
    throw new Error('failed');
  });
  const second = mutex.run('a', async () => void seen.push('a2'));
  await mutex.run('b', async () => void seen.push('b'));
  release();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(seen).toEqual(['b', 'a1', 'a2']);
});

test('those that wait are bounded', async () => {
  const mutex = new KeyedMutex(1);
  let release = (): void => undefined;
  const first = mutex.run('a', () => new Promise<void>((resolve) => (release = resolve)));
  await expect(mutex.run('b', async () => undefined)).rejects.toBeInstanceOf(TransientError);
  await Promise.resolve();
  release();
  await first;
  await expect(mutex.run('b', async () => 1)).resolves.toBe(1);
});
