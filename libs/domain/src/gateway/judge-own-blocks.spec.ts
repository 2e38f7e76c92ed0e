import { describe, expect, test } from '@jest/globals';
import { anEnforcement } from '../response/testing.ts';
import type { StoredPlugin } from './config-snapshot.ts';
import { judgeOwnBlocks, type LiveBlock } from './judge-own-blocks.ts';
import { aList, aPlugin, GLOBAL, onConsumer } from './testing.ts';

const NOW = 1_767_225_600_000;
const consumer = anEnforcement({ state: 'effective', appliedAt: NOW - 60_000 });
const address = anEnforcement({
  state: 'effective',
  appliedAt: NOW - 60_000,
  action: { kind: 'block-address', durationSeconds: 600 },
  entity: { kind: 'ip', id: '192.0.2.1', name: '192.0.2.1' },
});
const slowed = anEnforcement({
  state: 'effective',
  appliedAt: NOW - 60_000,
  action: { kind: 'rate-limit-consumer', durationSeconds: 600, limits: { minute: 5 } },
});
const carrying = (id: string, over: Partial<StoredPlugin>): StoredPlugin =>
  aPlugin({ ...onConsumer('alice'), ours: { enforcements: [id], print: 'p1' }, ...over });
const block = carrying(consumer.id, { name: 'request-termination', stops: true });
const denied = carrying(address.id, { name: 'ip-restriction', ...GLOBAL, deny: aList('192.0.2.1') });
const limited = carrying(slowed.id, { name: 'rate-limiting', perSecond: 0.1 });

const judge = (live: readonly LiveBlock[], plugins: readonly StoredPlugin[], before = plugins, told: string[] = []) =>
  judgeOwnBlocks({ gateway: 'g', plugins, before, live, appliedBy: NOW, told: new Set(told) });

describe('what Outrider put into Kong', () => {
  test.each<[string, LiveBlock, StoredPlugin[], StoredPlugin[], RegExp | undefined]>([
    ['stands', consumer, [block], [block], undefined],
    ['is gone', consumer, [block], [], /block-consumer of alice was removed/],
    ['is switched off', consumer, [block], [{ ...block, enabled: false }], /was disabled/],
    ['is bound to a trigger', consumer, [block], [{ ...block, stops: false }], /made harmless/],
    ['is without its address', address, [denied], [{ ...denied, deny: aList('192.0.2.9') }], /taken out of the list/],
    ['is in a list too long to keep', address, [denied], [{ ...denied, deny: { n: 900, hash: 'x' } }], undefined],
    ['is raised', slowed, [limited], [{ ...limited, perSecond: 9 }], /loosened/],
    ['is raised by us', slowed, [limited], [{ ...limited, perSecond: 9, ours: { enforcements: [slowed.id], print: 'p2' } }], undefined], // prettier-ignore
    ['is not yet there', { ...consumer, appliedAt: NOW + 1 }, [], [], undefined],
    ['is being put in', { ...consumer, state: 'pending' }, [], [], undefined],
    ['is being taken out', { ...consumer, state: 'lifting' }, [block], [], undefined],
  ])('%s', (_how, live, before, after, text) => {
    const { changes } = judge([live], after, before);
    if (text)
      expect(changes).toMatchObject([{ kind: 'block-removed', severity: 'high', text: expect.stringMatching(text) }]);
    else expect(changes).toEqual([]);
  });

  test('is told once, and again when it was back and is gone another time', () => {
    const { told } = judge([consumer], []);
    expect(judge([consumer], [], [], told)).toEqual({ changes: [], told });
    const back = judge([consumer], [block], [], told);
    expect(back.told).toEqual([]);
    expect(judge([consumer], [], [block], back.told).changes).toHaveLength(1);
  });

  test('several at once are one change', () => {
    expect(judge([consumer, address, slowed], []).changes).toHaveLength(1);
  });
});
