import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { problemText, type RuleProblem } from '@outrider/detect/rules/file/problem';
import { readRuleFile } from '@outrider/detect/rules/file/rule-file';
import type { Rule } from '@outrider/detect/rules/rule';
import { RuleFolder } from '@outrider/detect/rules/rule-folder';
import { RULE_LIMITS } from '@outrider/detect/rules/rule-limits';
import { CallerError } from '@outrider/platform/errors';
import { testRules, type RulesTest } from './rules-test.ts';
import { instant, printable, textTable } from './text-table.ts';

export const addRules = (program: Command): void => {
  const rules = program.command('rules').description('your own rules, in YAML or Sigma: see docs/rules.md');
  rules
    .command('check')
    .description('says what is wrong with rule files, by line and column')
    .argument('<paths...>', 'files, or folders of .yaml and .yml files')
    .addHelpText('after', '\nExit code 0: nothing is wrong; 1: something is; 2: a path could not be read.')
    .action(check);
  rules
    .command('test')
    .description('what the rules of a file or folder find in log files; nothing is sent or kept')
    .argument('<rules>', 'a file or folder of rules; disabled ones are tried as well')
    .argument('<logs...>', 'log files as "outrider analyze" reads them')
    .action(test);
};

interface Loaded {
  readonly rules: readonly Rule[];
  readonly problems: readonly RuleProblem[];
}

const check = async (paths: readonly string[]): Promise<void> => {
  const loaded = await Promise.all(paths.map(load));
  const rules = loaded.flatMap((one) => one.rules);
  const problems = loaded.flatMap((one) => one.problems);
  for (const problem of problems) process.stdout.write(`${printable(problemText(problem))}\n`);
  const disabled = rules.filter((rule) => !rule.enabled).length;
  process.stdout.write(
    problems.length === 0
      ? `${plural(rules.length, 'rule')}, nothing wrong${disabled === 0 ? '' : ` (${disabled} disabled)`}\n`
      : `${plural(problems.length, 'problem')}; ${plural(rules.length, 'rule')} could be read\n`,
  );
  if (problems.length > 0) process.exitCode = 1;
};

const test = async (path: string, logs: readonly string[]): Promise<void> => {
  const { rules, problems } = await load(path);
  for (const problem of problems) process.stderr.write(`${printable(problemText(problem))}\n`);
  if (rules.length === 0) throw new CallerError(`${path} has no rule that can be tried`);
  process.stdout.write(`${report(await testRules(rules, logs))}\n`);
  if (problems.length > 0) process.exitCode = 1;
};

const report = ({ entries, refused, results }: RulesTest): string => {
  const table = textTable(
    ['RULE', 'KIND', 'STATE', 'MATCHED', 'FINDINGS', 'TITLE'],
    results.map(({ rule, matched, findings }) => [
      rule.id,
      rule.kind,
      rule.simulate ? 'simulated' : 'live',
      String(matched),
      String(findings),
      rule.title,
    ]),
  );
  const shown = results.flatMap((result) =>
    result.shown.map(
      (finding) =>
        `${instant(finding.detectedAt)}  ${finding.severity}  ${result.rule.id}  ${printable(`${finding.entity.kind} ${finding.entity.name}`)}\n    ${printable(finding.explanation)}`,
    ),
  );
  const more = results.reduce((sum, { findings, shown: some }) => sum + findings - some.length, 0);
  return [
    `${plural(entries, 'entry', 'entries')}${refused === 0 ? '' : `, ${refused} of which could not be read`}`,
    '',
    table,
    ...(shown.length === 0 ? [] : ['', ...shown]),
    ...(more === 0 ? [] : [`and ${plural(more, 'further finding')}`]),
  ].join('\n');
};

const load = async (path: string): Promise<Loaded> => {
  try {
    const about = await stat(path);
    if (about.isDirectory()) {
      const { rules, problems } = await RuleFolder.read(path);
      return { rules, problems: problems.map((one) => ({ ...one, file: join(path, one.file) })) };
    }
    if (about.size > RULE_LIMITS.fileBytes) throw new Error(`it is over ${RULE_LIMITS.fileBytes} bytes`);
    return readRuleFile(path, await readFile(path, 'utf8'));
  } catch (error) {
    throw new CallerError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const plural = (n: number, word: string, many = `${word}s`): string => `${n} ${n === 1 ? word : many}`;
