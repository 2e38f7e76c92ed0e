/** The name that was probably meant: at most a third of its letters differ, or it is one of several words of the name. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  const wanted = name.toLowerCase().slice(0, 64);
  const word = known.find((one) => one.startsWith(`${wanted}_`)) ?? known.find((one) => one.endsWith(`_${wanted}`));
  if (word !== undefined) return word;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const lower = candidate.toLowerCase();
    if (lower.replaceAll('_', '') === wanted.replaceAll(/[_-]/g, '')) return candidate;
    const distance = editDistance(wanted, lower, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
};

/** Letters to add, drop, change or swap; `limit` when there are that many. */
const editDistance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit;
};
