/** What a member of a group says of itself when it joins. */
export interface Claimant {
  readonly memberId: string;
  /** Partitions that it had, and the generation in which it had them. */
  readonly owned: readonly number[];
  readonly generation: number;
}

/**
 * Shares `partitions` out: each to exactly one member, none having two more than another, as few as possible moved away from who has them.
 * The same input gives the same result, in whatever order it comes. Of two that claim one partition, the later generation is believed.
 */
export const balance = (partitions: readonly number[], claimants: readonly Claimant[]): Map<string, number[]> => {
  const members = [...claimants].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const shares = new Map(members.map(({ memberId }) => [memberId, heldBy(memberId, partitions, members)]));
  if (members.length === 0) return shares;
  const least = Math.floor(partitions.length / members.length);
  let larger = partitions.length - least * members.length;
  // Who has most keeps one more, where the shares cannot be equal.
  const bySize = [...shares.values()].sort((a, b) => b.length - a.length);
  const free = new Set(partitions);
  const wanted = bySize.map((share) => {
    const size = least + (larger > 0 ? 1 : 0);
    if (larger > 0) larger -= 1;
    share.splice(size);
    for (const partition of share) free.delete(partition);
    return { share, size };
  });
  const rest = [...free].sort((a, b) => a - b);
  for (const { share, size } of wanted) share.push(...rest.splice(0, size - share.length));
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
};

/** In ascending order: what is cut off a share that is too large is then its end, always the same. */
const heldBy = (memberId: string, partitions: readonly number[], members: readonly Claimant[]): number[] =>
  partitions
    .filter((partition) => {
      let best: Claimant | undefined;
      for (const member of members)
        if (member.owned.includes(partition) && (!best || member.generation > best.generation)) best = member;
      return best?.memberId === memberId;
    })
    .sort((a, b) => a - b);
