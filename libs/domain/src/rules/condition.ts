/** What a rule asks of one request. Text tests hold when one of the values fits; a list field fits when one of its elements does. */
export type Condition =
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'test'; readonly field: string; readonly test: FieldTest };

export type FieldTest =
  | {
      readonly op: 'equals' | 'prefix' | 'suffix' | 'contains';
      readonly values: readonly string[];
      readonly ignoreCase: boolean;
    }
  /** Addresses or CIDR ranges. */
  | { readonly op: 'cidr'; readonly values: readonly string[] }
  /** Inclusive bounds unless `…Open`. What is no number is in no range. */
  | { readonly op: 'range'; readonly min: Bound | undefined; readonly max: Bound | undefined }
  /** RE2 syntax, unanchored. */
  | { readonly op: 'regex'; readonly patterns: readonly string[]; readonly ignoreCase: boolean }
  /** Whether there is a value: not `''`, not -1, not an empty list. */
  | { readonly op: 'exists'; readonly present: boolean };

export interface Bound {
  readonly value: number;
  readonly open: boolean;
}

/** How a field of `T` is read. */
export type FieldAccess<T> =
  | { readonly kind: 'text'; readonly read: (subject: T) => string }
  | { readonly kind: 'number'; readonly read: (subject: T) => number }
  | { readonly kind: 'list'; readonly read: (subject: T) => readonly string[] };

/** Compiles a pattern to a test that takes time linear in the text. Throws on a pattern that it does not accept. */
export type RegexEngine = (pattern: string, options: { readonly ignoreCase: boolean }) => (text: string) => boolean;

/** All fields that a condition reads. */
export const fieldsOf = (condition: Condition): readonly string[] => {
  const found = new Set<string>();
  const visit = (one: Condition): void => {
    if (one.kind === 'test') found.add(one.field);
    else if (one.kind === 'not') visit(one.of);
    else for (const part of one.of) visit(part);
  };
  visit(condition);
  return [...found];
};

/** Holds for everything. */
export const ANYTHING: Condition = { kind: 'all', of: [] };
