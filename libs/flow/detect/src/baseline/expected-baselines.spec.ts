import { describe, expect, it } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import type { CallerRef } from '../engine/caller-key.ts';
import type { BaselineGroup } from './baseline-source.ts';
import { CallerHistory } from './caller-history.ts';
import { ExpectedBaselines } from './expected-baselines.ts';

const caller = (id: string, tenant = 'default'): CallerRef => ({ tenant, kind: 'consumer', id });

const setUp = (failures = 0) => {
  const reads: BaselineGroup[] = [];
  let left = failures;
  const source = {
    loadAll: async (group: BaselineGroup) => {
      reads.push(group);
      if (left-- > 0) throw new TransientError('away', 'away');
      return new Map(group.ids.map((id) => [id, new CallerHistory(group.cutoffBlock, group.cutoffBlock)]));
    },
  };
  return { reads, baselines: new ExpectedBaselines(source) };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('ExpectedBaselines', () => {
  it('reads together what was expected together, and once only', async () => {
    const { reads, baselines } = setUp();
    for (const id of ['a', 'b', 'a']) baselines.expect(caller(id), 7);
    await turn();
    await Promise.all([baselines.load(caller('a'), 7), baselines.load(caller('b'), 7)]);
    expect(reads.map(({ ids }) => ids)).toEqual([['a', 'b']]);
  });

  it('never mixes tenants or ends of the past in one read', async () => {
    const { reads, baselines } = setUp();
    const loads = [
      baselines.load(caller('a'), 7),
      baselines.load(caller('a', 'other'), 7),
      baselines.load(caller('a'), 8),
    ];
    expect((await Promise.all(loads)).map(({ foldedThrough }) => foldedThrough)).toEqual([7, 7, 8]);
    expect(reads.map(({ tenant, cutoffBlock }) => `${tenant} ${cutoffBlock}`)).toEqual([
      'default 7',
      'other 7',
      'default 8',
    ]);
  });

  it('reads what somebody waits for before what is only expected', async () => {
    const { reads, baselines } = setUp();
    for (let i = 0; i < 40; i++) baselines.expect(caller(`c${i}`), 7);
    await baselines.load(caller('c39'), 7);
    expect(reads).toHaveLength(1);
    expect(reads[0]?.ids[0]).toBe('c39');
    expect(reads[0]?.ids).toHaveLength(16);
  });

  it('gives a past that ends elsewhere to nobody: what was expected for one block is read anew for the next', async () => {
    const { reads, baselines } = setUp();
    baselines.expect(caller('a'), 7);
    await turn();
    expect((await baselines.load(caller('a'), 8)).foldedThrough).toBe(8);
    expect(reads).toHaveLength(2);
  });

  it('forgets a read that failed while nobody waited, and tells the one who waits', async () => {
    const { reads, baselines } = setUp(2);
    baselines.expect(caller('a'), 7);
    await turn();
    await expect(baselines.load(caller('a'), 7)).rejects.toBeInstanceOf(TransientError);
    expect((await baselines.load(caller('a'), 7)).foldedThrough).toBe(7);
    expect(reads).toHaveLength(3);
  });

  it('holds a bounded number of expected histories, and lets those of past blocks go first', async () => {
    const { reads, baselines } = setUp();
    for (let i = 0; i < 2_000; i++) baselines.expect(caller(`c${i}`), 7);
    await turn();
    const read = (): number => reads.reduce((sum, { ids }) => sum + ids.length, 0);
    while (read() < 1_024) await turn();
    baselines.expect(caller('new'), 8);
    await turn();
    await baselines.load(caller('new'), 8);
    expect(read()).toBe(1_025);
  });
});
