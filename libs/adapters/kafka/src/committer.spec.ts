import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FinishedRun } from '@outrider/platform/bus/finished-run';
import { InFlight } from '@outrider/platform/bus/in-flight';
import { TransientError } from '@outrider/platform/errors';
import { eventually } from '@outrider/testing/eventually';
import { Committer, type Commit, type CommitTarget } from './committer.ts';
import { PartitionConsumer } from './partition-consumer.ts';
import { hooksOf } from './testing/hooks.ts';
import { kafkaDeps } from './testing/kafka.ts';

/** A coordinator whose answers are given by hand. */
class FakeGroup implements CommitTarget {
  epoch = 1;
  stable = true;
  readonly requests: { readonly commits: readonly Commit[]; answer(error?: Error): void }[] = [];

  commit(commits: readonly Commit[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.requests.push({ commits, answer: (error) => (error ? reject(error) : resolve()) });
    });
  }
}

const { log } = kafkaDeps();
const aConsumer = (partition: number): PartitionConsumer =>
  new PartitionConsumer('t', partition, new FinishedRun(0, []), new InFlight(10, 1_000), hooksOf({}), log);

describe('Committer', () => {
  let group: FakeGroup;
  let committer: Committer;
  let one: PartitionConsumer;
  let two: PartitionConsumer;
  const request = (n: number) => eventually(() => group.requests[n]);
  const outcome = (plan: Promise<void>): Promise<string> =>
    plan.then(
      () => 'durable',
      (error: unknown) => (error instanceof TransientError ? error.code : 'bug'),
    );

  beforeEach(() => {
    group = new FakeGroup();
    committer = new Committer(group, 5, log);
    [one, two] = [aConsumer(1), aConsumer(2)];
    for (const { partition } of [one, two])
      committer.gained(partition === 1 ? one : two, { partition, offset: -1, metadata: '' });
  });
  afterEach(() => committer.close(0));

  test('writes the finished runs of all partitions in one request', async () => {
    one.run.finish(0);
    two.run.finish(0);
    two.run.finish(1);
    committer.touch(one);
    committer.touch(two);
    expect((await request(0)).commits).toEqual([
      { partition: 1, offset: 1, metadata: '' },
      { partition: 2, offset: 2, metadata: '' },
    ]);
    (await request(0)).answer();
  });

  test('calls a plan durable when the broker has confirmed it, and not before', async () => {
    let settled = '';
    const plan = outcome(committer.plan(one, 4)).then((is) => (settled = is));
    const first = await request(0);
    expect(first.commits).toEqual([{ partition: 1, offset: 0, metadata: '{"v":1,"plans":[5]}' }]);
    expect(settled).toBe('');
    first.answer();
    await plan;
    expect(settled).toBe('durable');
  });

  test('writes a plan again when the group rebalanced while it was confirmed', async () => {
    const plan = outcome(committer.plan(one, 4));
    const first = await request(0);
    group.epoch += 1;
    group.stable = false;
    first.answer();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(group.requests).toHaveLength(1);
    group.stable = true;
    committer.resume();
    (await request(1)).answer();
    expect(await plan).toBe('durable');
    expect(group.requests[1]?.commits).toEqual(first.commits);
  });

  test('refuses the plan of a partition that was lost, even if the broker took it in the end', async () => {
    const plan = outcome(committer.plan(one, 4));
    const first = await request(0);
    committer.lost(one);
    first.answer();
    expect(await plan).toBe('partition-lost');
    expect(await outcome(committer.plan(one, 4))).toBe('partition-lost');
  });

  test('tries again while the broker is away', async () => {
    const plan = outcome(committer.plan(one, 4));
    (await request(0)).answer(new Error('away'));
    (await request(1)).answer();
    expect(await plan).toBe('durable');
  });

  test('knows its own commit again, also one whose answer never came, and nobody else’s', async () => {
    one.run.finish(0);
    committer.touch(one);
    (await request(0)).answer(new Error('timed out'));
    expect(committer.isOurs(one, { partition: 1, offset: -1, metadata: '' })).toBe(true);
    expect(committer.isOurs(one, { partition: 1, offset: 1, metadata: '' })).toBe(true);
    expect(committer.isOurs(one, { partition: 1, offset: 1, metadata: '{"v":1,"plans":[2]}' })).toBe(false);
    expect(committer.isOurs(one, { partition: 1, offset: 2, metadata: '' })).toBe(false);
  });

  test('refuses what waits when it is closed', async () => {
    group.stable = false;
    const plan = outcome(committer.plan(one, 4));
    await committer.close(10);
    expect(await plan).toBe('partition-lost');
  });
});
