import type { PartitionAssigner } from 'kafkajs';
import * as z from 'zod';
import { balance, type Claimant } from './balance.ts';
import { AssignerProtocol } from './driver.ts';

const NAME = 'outrider-sticky';
const VERSION = 1;

/** What a member has, as it tells the leader when it joins. */
export interface Holding {
  readonly partitions: readonly number[];
  readonly generation: number;
}

const UserData = z.object({
  v: z.literal(1),
  partitions: z.array(z.int().nonnegative()).max(10_000),
  generation: z.int(),
});

/**
 * Assigns the partitions of one topic so that they stay where they are as far as balance allows. `onJoin` is called at the moment this
 * member asks to join again, which is the last moment of its generation, and says what it holds.
 */
export const stickyAssigner =
  (topic: string, onJoin: () => Holding): PartitionAssigner =>
  ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify({ v: 1, ...onJoin() })),
      }),
    }),
    assign: async ({ members }) => {
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const shares = balance(partitions, members.map(claimantOf));
      return [...shares].map(([memberId, share]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: share },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

/** Who cannot be understood has nothing. */
const claimantOf = ({
  memberId,
  memberMetadata,
}: {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}): Claimant => {
  const parsed = UserData.safeParse(userDataOf(memberMetadata));
  return parsed.success
    ? { memberId, owned: parsed.data.partitions, generation: parsed.data.generation }
    : { memberId, owned: [], generation: -1 };
};

const userDataOf = (metadata: Buffer): unknown => {
  try {
    return JSON.parse(AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString() ?? '');
  } catch {
    return undefined;
  }
};
