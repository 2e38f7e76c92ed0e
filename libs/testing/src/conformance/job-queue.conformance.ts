import { afterEach, describe, expect, test } from '@jest/globals';
import { PermanentError } from '@outrider/platform/errors';
import type { JobQueue } from '@outrider/ports/job-queue';
import { eventually } from '../eventually.ts';
import type { ConformanceJobs } from './conformance-jobs.ts';

/** What each implementation of JobQueue must do. `make` gives a new queue each time, on the same engine for one namespace. */
export const jobQueueConformance = (name: string, make: (namespace: string) => JobQueue<ConformanceJobs>): void => {
  describe(`${name} as JobQueue`, () => {
    const open: JobQueue<ConformanceJobs>[] = [];
    let namespace = 0;
    const nothing = async (): Promise<void> => undefined;
    const queueIn = (space: string): JobQueue<ConformanceJobs> => {
      const queue = make(space);
      open.push(queue);
      return queue;
    };
    const fresh = (): JobQueue<ConformanceJobs> => queueIn(`c${process.pid}-${namespace++}`);
    const serving = async (queue: JobQueue<ConformanceJobs>, work: (id: string) => Promise<void>): Promise<void> => {
      queue.handle('work', ({ id }) => work(id));
      queue.handle('more', nothing);
      queue.handle('other', nothing);
      await queue.start();
    };
    const total = async (queue: JobQueue<ConformanceJobs>, state: string): Promise<number> =>
      Object.values(await queue.counts()).reduce((sum, counts) => sum + (counts[state] ?? 0), 0);

    afterEach(async () => {
      for (const queue of open.splice(0)) await queue.stop();
    });

    test('hands the payload to the handler of its name', async () => {
      const queue = fresh();
      const seen: string[] = [];
      await serving(queue, async (id) => void seen.push(id));
      await queue.enqueue('work', { v: 1, id: 'one' }, { jobId: 'enforcement:one', delayMs: 0 });
      await eventually(() => seen.length === 1);
      expect(seen).toEqual(['one']);
    });

    test('keeps a job until its delay has passed', async () => {
      const queue = fresh();
      const seen: number[] = [];
      await serving(queue, async () => void seen.push(Date.now()));
      const due = Date.now() + 400;
      await queue.enqueue('work', { v: 1, id: 'later' }, { jobId: 'later', delayMs: 400 });
      expect(await total(queue, 'delayed')).toBe(1);
      await eventually(() => seen.length === 1);
      expect(seen[0]).toBeGreaterThanOrEqual(due - 5);
    });

    test('runs a job once however often it is asked for while it waits', async () => {
      const queue = fresh();
      let runs = 0;
      for (let i = 0; i < 5; i += 1) await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'same', delayMs: 0 });
      await Promise.all([1, 2, 3].map(() => queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'same', delayMs: 50 })));
      expect((await total(queue, 'waiting')) + (await total(queue, 'delayed'))).toBe(1);
      await serving(queue, async () => void (runs += 1));
      await queue.enqueue('work', { v: 1, id: 'last' }, { jobId: 'end', delayMs: 0 });
      await eventually(() => runs >= 2);
      expect(runs).toBe(2);
    });

    test('keeps jobs of different names apart when they share an id', async () => {
      const queue = fresh();
      const seen: string[] = [];
      queue.handle('work', async () => void seen.push('work'));
      queue.handle('more', async () => void seen.push('more'));
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'x', delayMs: 0 });
      await queue.enqueue('more', { v: 1, id: 'x' }, { jobId: 'x', delayMs: 0 });
      await queue.start();
      await eventually(() => seen.length === 2);
    });

    test('takes the id of a finished job again', async () => {
      const queue = fresh();
      let runs = 0;
      await serving(queue, async () => void (runs += 1));
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'again', delayMs: 0 });
      await eventually(() => runs === 1);
      await eventually(async () => (await total(queue, 'active')) === 0);
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'again', delayMs: 0 });
      await eventually(() => runs === 2);
    });

    test('takes the id of a job that has failed for good again', async () => {
      const queue = fresh();
      let runs = 0;
      await serving(queue, async () => {
        runs += 1;
        if (runs === 1) throw new PermanentError('no');
      });
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'failed', delayMs: 0 });
      await eventually(async () => (await total(queue, 'failed')) === 1);
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'failed', delayMs: 0 });
      await eventually(() => runs === 2);
      await eventually(async () => (await total(queue, 'failed')) === 0);
    });

    test('runs a job again when it is asked for while it runs, and never beside itself', async () => {
      const queue = fresh();
      let runs = 0;
      let side = 0;
      let most = 0;
      await serving(queue, async () => {
        runs += 1;
        side += 1;
        most = Math.max(most, side);
        if (runs === 1) {
          await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'self', delayMs: 0 });
          await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'self', delayMs: 0 });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        side -= 1;
      });
      await queue.enqueue('work', { v: 1, id: 'x' }, { jobId: 'self', delayMs: 0 });
      await eventually(() => runs >= 2);
      await eventually(async () => (await total(queue, 'active')) + (await total(queue, 'waiting')) === 0);
      // A third run is possible when the second was being taken while it was asked for again.
      expect(runs).toBeLessThanOrEqual(3);
      expect(most).toBe(1);
    });

    test('moves a delayed job forward, never back', async () => {
      const queue = fresh();
      const seen: string[] = [];
      await serving(queue, async (id) => void seen.push(id));
      await queue.enqueue('work', { v: 1, id: 'now' }, { jobId: 'a', delayMs: 600_000 });
      await queue.enqueue('work', { v: 1, id: 'soon' }, { jobId: 'b', delayMs: 600_000 });
      await queue.enqueue('work', { v: 1, id: 'kept' }, { jobId: 'c', delayMs: 150 });
      await queue.enqueue('work', { v: 1, id: 'kept' }, { jobId: 'c', delayMs: 600_000 });
      await queue.enqueue('work', { v: 1, id: 'now' }, { jobId: 'a', delayMs: 0 });
      await queue.enqueue('work', { v: 1, id: 'soon' }, { jobId: 'b', delayMs: 300 });
      await queue.enqueue('work', { v: 1, id: 'soon' }, { jobId: 'b', delayMs: 500_000 });
      await eventually(() => seen.length === 3);
      expect([...seen].sort()).toEqual(['kept', 'now', 'soon']);
      expect(await total(queue, 'delayed')).toBe(0);
    });

    test('tries again after a failure, and not after a PermanentError', async () => {
      const queue = fresh();
      const runs = { flaky: 0, refused: 0 };
      await serving(queue, async (id) => {
        if (id === 'refused') {
          runs.refused += 1;
          throw new PermanentError('no');
        }
        runs.flaky += 1;
        if (runs.flaky < 2) throw new Error('once');
      });
      await queue.enqueue('work', { v: 1, id: 'refused' }, { jobId: 'refused', delayMs: 0 });
      await queue.enqueue('work', { v: 1, id: 'flaky' }, { jobId: 'flaky', delayMs: 0 });
      await eventually(() => runs.flaky === 2);
      await eventually(async () => (await total(queue, 'failed')) === 1);
      expect(runs).toEqual({ flaky: 2, refused: 1 });
    });

    test('refuses a payload that is not of the catalogue', async () => {
      const queue = fresh();
      const wrong = { v: 1, id: 7 } as unknown as ConformanceJobs['work'];
      await expect(queue.enqueue('work', wrong, { jobId: 'bad', delayMs: 0 })).rejects.toBeInstanceOf(PermanentError);
    });

    test('does not start with a job of a served queue that has no handler, nor takes a second handler', async () => {
      const queue = fresh();
      queue.handle('work', nothing);
      expect(() => queue.handle('work', nothing)).toThrow('handler');
      await expect(queue.start()).rejects.toThrow('more');
    });

    test('waits at stop for the job that runs, and leaves the others for the next start', async () => {
      const space = `c${process.pid}-stop`;
      const first = queueIn(space);
      let began = false;
      let ended = false;
      await serving(first, async () => {
        began = true;
        await new Promise((resolve) => setTimeout(resolve, 200));
        ended = true;
      });
      await first.enqueue('work', { v: 1, id: 'slow' }, { jobId: 'slow', delayMs: 0 });
      await first.enqueue('work', { v: 1, id: 'left' }, { jobId: 'left', delayMs: 60_000 });
      await eventually(() => began);
      await first.stop();
      expect(ended).toBe(true);
      const second = queueIn(space);
      const seen: string[] = [];
      await serving(second, async (id) => void seen.push(id));
      await second.enqueue('work', { v: 1, id: 'left' }, { jobId: 'left', delayMs: 0 });
      await eventually(() => seen.length === 1);
      expect(seen).toEqual(['left']);
    });
  });
};
