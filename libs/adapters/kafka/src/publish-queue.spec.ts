import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PublishQueue, type Publish, type Queued } from './publish-queue.ts';

const aPublish = (deadline = 0): Publish => ({
  topic: 't',
  deadline,
  bytes: 0,
  left: 1,
  failed: false,
  resolve: () => undefined,
  reject: () => undefined,
});

const queued = (partition: number, bytes: number, publish = aPublish()): Queued => ({
  publish,
  topicName: 't',
  partition,
  message: { key: 'k', value: Buffer.alloc(0), headers: {} },
  bytes,
});

describe('PublishQueue', () => {
  test('sends everything once and in order, within the bounds of a request and of a record batch', () => {
    const items = fc.array(fc.record({ partition: fc.nat(3), bytes: fc.nat(100) }), { maxLength: 200 });
    fc.assert(
      fc.property(items, (all) => {
        const queue = new PublishQueue();
        const pushed = all.map(({ partition, bytes }) => queued(partition, bytes));
        for (const one of pushed) queue.push(one);
        const sent: Queued[] = [];
        while (!queue.empty) {
          const request = queue.take(100, 250);
          expect(request.length).toBeGreaterThan(0);
          if (request.length > 1) {
            expect(sum(request)).toBeLessThanOrEqual(250);
            for (let partition = 0; partition < 4; partition += 1)
              expect(sum(request.filter((one) => one.partition === partition))).toBeLessThanOrEqual(100);
          }
          sent.push(...request);
        }
        expect(sent).toEqual(pushed);
      }),
    );
  });

  test('sends nothing more of a publish that has failed', () => {
    const queue = new PublishQueue();
    const failed = { ...aPublish(), failed: true };
    queue.push(queued(0, 1, failed));
    const other = queued(0, 1);
    queue.push(other);
    expect(queue.take(100, 100)).toEqual([other]);
    expect(queue.empty).toBe(true);
  });

  test('gives up, whole, what has waited too long', () => {
    const queue = new PublishQueue();
    const old = aPublish(10);
    queue.push(queued(0, 1, old));
    queue.push(queued(1, 1, old));
    queue.push(queued(0, 1, aPublish(20)));
    expect(queue.remove(({ deadline }) => deadline <= 10)).toEqual([old]);
    expect(queue.take(100, 100)).toHaveLength(1);
  });
});

const sum = (items: readonly Queued[]): number => items.reduce((bytes, one) => bytes + one.bytes, 0);
