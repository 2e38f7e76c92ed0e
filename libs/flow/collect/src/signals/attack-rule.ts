import type { AttackFamily } from '@outrider/domain/signals/attack-family';
import { CRITICAL_SCORE, WARNING_SCORE } from '@outrider/domain/signals/attack-family';
import { RE2JS } from 're2js';
import { IN_REQUEST_LINE, type Subject } from './subject.ts';

/** Which form of the text a rule reads. */
export type View = 'plain' | 'lines' | 'sql' | 'shell';

export interface AttackRule {
  readonly family: AttackFamily;
  readonly score: number;
  readonly places: number;
  /** Bits of HAS that must all be there. */
  readonly needs: number;
  readonly matches: (subject: Subject) => boolean;
}

export interface RuleOptions {
  readonly view?: View;
  readonly places?: number;
  readonly needs?: number;
  /** At least one of them must be there before the pattern is asked; none means always. */
  readonly words?: readonly string[];
  /** A text that matches this too is none. */
  readonly unless?: string;
  /** Name of the parameter must match. */
  readonly name?: string;
}

/** RE2: linear in the text's length whatever the text, and no look-around or back-reference to think about. */
export const linear = (pattern: string): RE2JS => RE2JS.compile(pattern);

export const critical = (family: AttackFamily, pattern: string, options: RuleOptions = {}): AttackRule =>
  ruleOf(family, CRITICAL_SCORE, pattern, options);

export const warning = (family: AttackFamily, pattern: string, options: RuleOptions = {}): AttackRule =>
  ruleOf(family, WARNING_SCORE, pattern, options);

const ruleOf = (family: AttackFamily, score: number, pattern: string, options: RuleOptions): AttackRule => {
  const view = options.view ?? 'plain';
  const words = options.words ?? [];
  const found = linear(pattern);
  const exception = options.unless === undefined ? undefined : linear(options.unless);
  const name = options.name === undefined ? undefined : linear(options.name);
  return {
    family,
    score,
    places: options.places ?? IN_REQUEST_LINE,
    needs: options.needs ?? 0,
    matches: (subject) => {
      const text = subject[view];
      if (words.length > 0 && !holdsOne(text, words)) return false;
      if (name !== undefined && !name.test(subject.name)) return false;
      return found.test(text) && !(exception !== undefined && exception.test(text));
    },
  };
};

const holdsOne = (text: string, words: readonly string[]): boolean => {
  for (const word of words) if (text.includes(word)) return true;
  return false;
};
