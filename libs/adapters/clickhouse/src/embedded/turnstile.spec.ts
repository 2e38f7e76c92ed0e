import { expect, it } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import { Turnstile } from './turnstile.ts';

it('gives a place to one at a time, first come first served', async () => {
  const turnstile = new Turnstile(['a'], 10);
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    [1, 2, 3].map((n) =>
      turnstile.with(async () => {
        expect(++inside).toBe(1);
        await Promise.resolve();
        order.push(n);
        inside--;
      }),
    ),
  );
  expect(order).toEqual([1, 2, 3]);
});

it('turns away whom it has no room for, and frees the place of one that failed', async () => {
  const turnstile = new Turnstile(['a'], 1);
  const first = turnstile.with(() => Promise.reject(new Error('no')));
  const second = turnstile.with((place) => Promise.resolve(place));
  await expect(turnstile.enter()).rejects.toThrow(TransientError);
  await expect(first).rejects.toThrow('no');
  expect(await second).toBe('a');
});

it('closes when everybody is out, turning away those who wait; a second release gives nothing twice', async () => {
  const turnstile = new Turnstile(['a'], 5);
  const { release } = await turnstile.enter();
  const waiting = turnstile.enter();
  let closed = false;
  const closing = turnstile.close().then(() => (closed = true));
  await expect(waiting).rejects.toThrow(TransientError);
  expect(closed).toBe(false);
  release();
  release();
  await closing;
  await expect(turnstile.enter()).rejects.toThrow(TransientError);
});
