import type { Condition, FieldTest } from '@outrider/domain/rules/condition';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { textReader } from './group-key.ts';

/** Fields by which rules are found, the most telling first. */
const INDEXED = [
  'rule_matches',
  'threat',
  'refusal',
  'path_template',
  'path',
  'endpoint',
  'route_name',
  'route_id',
  'service_name',
  'service_id',
  'host',
  'status',
  'method',
  'client_ip',
  'consumer_name',
  'consumer_id',
  'answered_by',
  'kind',
] as const;
/** Collect takes nothing above for a status. */
const MAX_STATUS = 999;

/**
 * Finds the rules that an event may matter to, by conditions that are cheap to look up: a rule that asks for a method, a status or a
 * service is not touched by an event without it.
 */
export class RuleIndex<T> {
  readonly #always: T[] = [];
  readonly #byStatus: T[][] = [];
  readonly #byMatch = new Map<string, T[]>();
  readonly #fields: { readonly read: (event: ApiEvent) => string; readonly by: Map<string, T[]> }[] = [];

  constructor(entries: readonly { readonly conditions: readonly Condition[]; readonly item: T }[]) {
    const byField = new Map<string, Map<string, T[]>>();
    for (const { conditions, item } of entries) {
      const keys = conditions.map(keyOf);
      if (keys.length === 0 || keys.some((key) => key === undefined)) {
        this.#always.push(item);
        continue;
      }
      for (const key of keys) if (key) this.#add(byField, key, item);
    }
    for (const [name, by] of byField) this.#fields.push({ read: textReader(name), by });
  }

  /** Adds what may matter to `found`; an item may come twice. */
  candidates(event: ApiEvent, found: T[]): void {
    for (const item of this.#always) found.push(item);
    const byStatus = this.#byStatus[event.status];
    if (byStatus !== undefined) for (const item of byStatus) found.push(item);
    for (const { read, by } of this.#fields) {
      const items = by.get(read(event));
      if (items !== undefined) for (const item of items) found.push(item);
    }
    if (this.#byMatch.size > 0) this.#addMatches(event, found);
  }

  #addMatches(event: ApiEvent, found: T[]): void {
    const matches = readMatches(event);
    if (matches === '') return;
    for (const match of matches.split(',')) for (const item of this.#byMatch.get(match) ?? []) found.push(item);
  }

  #add(byField: Map<string, Map<string, T[]>>, key: Key, item: T): void {
    if (key.field === 'status') {
      for (const value of key.values) (this.#byStatus[Number(value)] ??= []).push(item);
      return;
    }
    const by = key.field === 'rule_matches' ? this.#byMatch : (byField.get(key.field) ?? new Map<string, T[]>());
    if (by !== this.#byMatch) byField.set(key.field, by);
    for (const value of key.values) {
      const items = by.get(value);
      if (items) items.push(item);
      else by.set(value, [item]);
    }
  }
}

const readMatches = textReader('rule_matches');

interface Key {
  readonly field: string;
  readonly values: readonly string[];
}

/** Values of one indexed field, of which an event must have one for the condition to hold; undefined when there is no such field. */
const keyOf = (condition: Condition): Key | undefined => {
  switch (condition.kind) {
    case 'all': {
      const keys = condition.of.map(keyOf).filter((key): key is Key => key !== undefined);
      return keys.sort((a, b) => rank(a.field) - rank(b.field))[0];
    }
    case 'any': {
      const keys = condition.of.map(keyOf);
      const [first] = keys;
      if (first === undefined || keys.some((key) => key?.field !== first.field)) return undefined;
      return { field: first.field, values: [...new Set(keys.flatMap((key) => key?.values ?? []))] };
    }
    case 'not':
      return undefined;
    case 'test':
      return keyOfTest(condition);
  }
};

const keyOfTest = ({ field, test }: Extract<Condition, { kind: 'test' }>): Key | undefined => {
  if (!(INDEXED as readonly string[]).includes(field)) return undefined;
  if (field === 'status') {
    const values = statusesOf(test);
    return values && { field, values };
  }
  if (test.op !== 'equals' || test.ignoreCase) return undefined;
  return { field, values: test.values };
};

/** All codes that fulfil the test; undefined where some that do are no codes. */
const statusesOf = (test: FieldTest): readonly string[] | undefined => {
  if (test.op === 'equals') return test.values.every((value) => isStatus(Number(value))) ? test.values : undefined;
  if (test.op !== 'range' || test.min === undefined || test.min.value < 0) return undefined;
  const low = Math.ceil(test.min.value);
  const high = Math.min(MAX_STATUS, Math.floor(test.max?.value ?? MAX_STATUS));
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => String(low + i));
};

const isStatus = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= MAX_STATUS;

const rank = (field: string): number => (INDEXED as readonly string[]).indexOf(field);
