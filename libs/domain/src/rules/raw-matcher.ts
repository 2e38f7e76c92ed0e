import { compileCondition, type Predicate } from './compile-condition.ts';
import type { Condition, RegexEngine } from './condition.ts';
import { necessaryNeedles } from './necessary-needles.ts';
import { NeedleIndex } from './needle-index.ts';
import { rawAccess, rawSubject, type RawSubject } from './raw-fields.ts';

/** A condition on the raw request, its method and its status, under the key that `ruleMatches` names it by. */
export interface RawRule {
  /** `[a-z0-9#-]`, at most 80 characters: no comma. */
  readonly key: string;
  readonly condition: Condition;
}

/** Keys on one event; an attack that trips more is no less seen. */
const MAX_MATCHES = 32;
/** Bounds the automaton: some 30 MB at worst. Rules beyond it are asked about every request. */
const MAX_NEEDLE_CHARACTERS = 60_000;

/**
 * Says which raw conditions a request fulfils, before collect takes the values away. Pure; linear in the length of the request, which is
 * bounded; one pass over the text rules out nearly all rules.
 */
export class RawMatcher {
  readonly #always: Compiled[] = [];
  readonly #found: Compiled[][] = [];
  readonly #index: NeedleIndex;

  constructor(
    readonly rules: readonly RawRule[],
    regex: RegexEngine,
  ) {
    const needles = new Map<string, number>();
    let characters = 0;
    for (const { key, condition } of rules) {
      const compiled: Compiled = {
        key,
        predicate: compileCondition(condition, { access: rawAccess, regex }),
        asked: 0,
      };
      const necessary = necessaryNeedles(condition);
      characters += (necessary ?? []).reduce((sum, needle) => sum + needle.length, 0);
      if (necessary === undefined || characters > MAX_NEEDLE_CHARACTERS) {
        this.#always.push(compiled);
        continue;
      }
      for (const needle of necessary) {
        const at = needles.get(needle) ?? needles.size;
        needles.set(needle, at);
        (this.#found[at] ??= []).push(compiled);
      }
    }
    this.#index = new NeedleIndex([...needles.keys()]);
  }

  get size(): number {
    return this.rules.length;
  }

  /** Comma-joined keys in order; `''` for nearly everything. Path and query as they came, the query without its `?`. */
  match(path: string, query: string, userAgent: string, referer: string, method: string, status: number): string {
    if (this.rules.length === 0) return '';
    const subject = rawSubject({ path, query, userAgent, referer, method, status });
    const matched: string[] = [];
    const round = ++this.#round;
    const ask = (rule: Compiled): void => {
      if (rule.asked === round) return;
      rule.asked = round;
      if (matched.length < MAX_MATCHES && rule.predicate(subject)) matched.push(rule.key);
    };
    for (const rule of this.#always) ask(rule);
    if (this.#found.length > 0)
      for (const text of subject.line) this.#index.search(text, (needle) => this.#found[needle]?.forEach(ask));
    return matched.length < 2 ? (matched[0] ?? '') : matched.sort().join(',');
  }

  #round = 0;
}

interface Compiled {
  readonly key: string;
  readonly predicate: Predicate<RawSubject>;
  /** The request that it was last asked about. */
  asked: number;
}
