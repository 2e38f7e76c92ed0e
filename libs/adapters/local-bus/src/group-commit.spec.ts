import { describe, test } from '@jest/globals';
import { aMessage } from '@outrider/testing/conformance/event-bus.conformance';
import { eventually } from '@outrider/testing/eventually';
import { GroupCommit } from './group-commit.ts';
import { PartitionLog } from './partition-log.ts';
import { aLocalBusDeps, temporaryFolder } from './testing.ts';

const MIB = 1024 * 1024;

describe('GroupCommit', () => {
  test('writes what is published at the very moment at which a write ends', async () => {
    const folder = await temporaryFolder();
    const limits = { segmentBytes: MIB, tailBytes: MIB, maxRecordBytes: MIB };
    const log = await PartitionLog.open(folder.dir, 0, limits, aLocalBusDeps().log);
    try {
      const commit = new GroupCommit([log], { sync: false, now: () => 1, onAccepted: () => undefined });
      const publish = (text: string): Promise<void> => commit.append([{ partition: 0, message: aMessage(text) }], 1);
      // Nothing follows that would wake the writer.
      void publish('first').then(() => void publish('second'));
      await eventually(() => log.end === 2);
    } finally {
      await log.close();
      await folder.remove();
    }
  });
});
