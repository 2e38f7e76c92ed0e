import { RE2JS } from 're2js';
import type { RegexEngine } from '@outrider/domain/rules/condition';

/** RE2: time linear in the text, whatever the pattern. No look-around, no back-references; those throw here. */
export const linearRegex: RegexEngine = (pattern, { ignoreCase }) => {
  const compiled = RE2JS.compile(pattern, (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | RE2JS.DOTALL);
  return (text) => compiled.test(text);
};
