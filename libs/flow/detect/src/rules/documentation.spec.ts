import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { eventFields } from '@outrider/domain/rules/event-fields';
import { RAW_FIELD_NAMES } from '@outrider/domain/rules/raw-fields';
import { problemText } from './file/problem.ts';
import { readRuleFile } from './file/rule-file.ts';
import { RuleSet } from './rule-set.ts';

const text = readFileSync(fileURLToPath(new URL('../../../../../docs/rules.md', import.meta.url)), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);

it.each(examples.map((yaml) => [/id: (\S+)/.exec(yaml)?.[1] ?? '', yaml]))(
  'the example %s of the reference is a rule without fault',
  (_, yaml) => {
    const { rules, problems } = readRuleFile('docs/rules.md', yaml);
    expect(problems.map(problemText)).toEqual([]);
    expect(rules).toHaveLength(1);
    expect(() => RuleSet.compile(rules)).not.toThrow();
  },
);

it('the reference names every field, with what it holds', () => {
  const missing = [
    ...eventFields().map(({ name, about }) => `| \`${name}\` | ${about} |`),
    ...RAW_FIELD_NAMES.map((name) => `| \`${name}\``),
  ].filter((row) => !text.replaceAll(/ +/g, ' ').includes(row));
  expect(missing).toEqual([]);
});
