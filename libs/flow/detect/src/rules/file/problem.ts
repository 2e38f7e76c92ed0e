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
