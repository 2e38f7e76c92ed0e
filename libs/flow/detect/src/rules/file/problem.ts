/** One thing that is wrong with a rule file, told so that it can be put right without looking anything up. */
export interface RuleProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Within the document, e.g. `where.status`; `''` is the document. */
  readonly path: string;
  readonly message: string;
  /** What stands there, shortened. */
  readonly found?: string;
  readonly allowed?: string;
  readonly didYouMean?: string;
}

/** `rules/login.yaml:12:3 where.statuss: unknown field; found "statuss"; did you mean "status"?` */
export const problemText = (problem: RuleProblem): string =>
  [
    `${problem.file}:${problem.line}:${problem.column}${problem.path === '' ? '' : ` ${problem.path}`}: ${problem.message}`,
    ...(problem.found === undefined ? [] : [`found ${problem.found}`]),
    ...(problem.didYouMean === undefined ? [] : [`did you mean "${problem.didYouMean}"?`]),
    ...(problem.allowed === undefined ? [] : [`allowed: ${problem.allowed}`]),
  ].join('; ');

/** What stands there, in one short line. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

/** The name that was probably meant: at most a third of its letters differ. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  const wanted = name.toLowerCase().slice(0, 64);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    if (candidate.replaceAll('_', '') === wanted.replaceAll(/[_-]/g, '')) return candidate;
    const distance = editDistance(wanted, candidate, least);
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
