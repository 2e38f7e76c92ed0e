import type { Rule } from '../rule.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import { isSigma, readSigmaDocuments } from '../sigma/sigma-file.ts';
import type { RuleProblem } from './problem.ts';
import { readRuleDocument } from './rule-document.ts';
import { readYaml } from './yaml-source.ts';

export interface RuleFileResult {
  /** What could be read; to be used only where there are no problems. */
  readonly rules: readonly Rule[];
  readonly problems: readonly RuleProblem[];
}

/** Reads a file of rules: documents of our own language, or Sigma's, in any mixture. */
export const readRuleFile = (file: string, text: string): RuleFileResult => {
  if (Buffer.byteLength(text) > RULE_LIMITS.fileBytes)
    return {
      rules: [],
      problems: [
        {
          file,
          line: 1,
          column: 1,
          path: '',
          message: 'the file is too big',
          allowed: `${RULE_LIMITS.fileBytes} bytes`,
        },
      ],
    };
  const { sources, problems } = readYaml(file, text);
  const own = sources.filter((source) => !isSigma(source.value));
  const sigma = sources.filter((source) => isSigma(source.value));
  const rules = [
    ...own.map(readRuleDocument).filter((rule): rule is Rule => rule !== undefined),
    ...readSigmaDocuments(sigma),
  ];
  const all = [...problems, ...sources.flatMap((source) => source.problems)];
  const first = new Map<string, Rule>();
  for (const rule of rules) {
    const other = first.get(rule.id);
    if (!other) first.set(rule.id, rule);
    else
      all.push({
        file,
        line: rule.origin.line,
        column: 1,
        path: 'id',
        message: `is the id of the rule in line ${other.origin.line} as well`,
        found: `"${rule.id}"`,
      });
  }
  return { rules, problems: all.sort((a, b) => a.line - b.line || a.column - b.column) };
};
