import type { Json } from '../json.ts';

/** One field of a schema in the form in which Kong serves it under /schemas; only what validation reads. */
export interface FieldSpec {
  readonly type?: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'set' | 'map' | 'record' | 'foreign';
  readonly required?: boolean;
  readonly default?: Json;
  readonly auto?: boolean;
  readonly uuid?: boolean;
  readonly unique?: boolean;
  readonly abstract?: boolean;
  readonly reference?: string;
  readonly elements?: FieldSpec;
  readonly keys?: FieldSpec;
  readonly values?: FieldSpec;
  readonly fields?: readonly NamedField[];
  readonly shorthand_fields?: readonly NamedField[];
  readonly entity_checks?: readonly EntityCheck[];
  readonly eq?: Json;
  readonly gt?: number;
  readonly between?: readonly [number, number];
  readonly one_of?: readonly Json[];
  readonly not_one_of?: readonly Json[];
  readonly contains?: Json;
  readonly len_min?: number;
  readonly len_max?: number;
  readonly len_eq?: number;
  readonly match?: string;
  readonly match_any?: { readonly patterns: readonly string[]; readonly err?: string };
  readonly match_all?: readonly PatternRule[];
  readonly match_none?: readonly PatternRule[];
  readonly starts_with?: string;
  readonly is_regex?: boolean;
  readonly mutually_exclusive_subsets?: readonly (readonly string[])[];
  readonly deprecation?: { readonly replaced_with?: readonly { readonly path: readonly string[] }[] };
}

interface PatternRule {
  readonly pattern: string;
  readonly err: string;
}

/** A record's fields are a list of objects with one key each, which keeps their order. */
export type NamedField = Readonly<Record<string, FieldSpec>>;

export interface EntityCheck {
  readonly at_least_one_of?: readonly string[];
  readonly only_one_of?: readonly string[];
  readonly mutually_required?: readonly string[];
  readonly distinct?: readonly string[];
  readonly conditional?: {
    readonly if_field: string;
    readonly if_match: FieldSpec;
    readonly then_field: string;
    readonly then_match: FieldSpec;
    readonly then_err?: string;
  };
}

/** A served schema: a record without the word. */
export interface EntitySchema {
  readonly fields: readonly NamedField[];
  readonly entity_checks?: readonly EntityCheck[];
}

export const fieldsOf = (record: { readonly fields?: readonly NamedField[] }): [string, FieldSpec][] =>
  (record.fields ?? []).flatMap((named) => Object.entries(named));

export const fieldOf = (record: { readonly fields?: readonly NamedField[] }, name: string): FieldSpec | undefined =>
  fieldsOf(record).find(([key]) => key === name)?.[1];
