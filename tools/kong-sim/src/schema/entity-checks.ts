import { isObject, type Json, type JsonObject } from '../json.ts';
import type { EntityCheck } from './field-spec.ts';
import { violationOf, type Violation } from './validate-record.ts';

/**
 * Adds the violations of the cross-field checks to `found`.
 * A check is skipped where one of its fields is already at fault, so that one mistake is told once.
 */
export const runEntityChecks = (
  checks: readonly EntityCheck[],
  entity: JsonObject,
  found: { [field: string]: Violation },
): void => {
  const messages: string[] = [];
  for (const check of checks) {
    if (fieldsOfCheck(check).some((path) => (path.split('.')[0] ?? '') in found)) continue;
    const message = groupViolation(check, entity) ?? conditionalViolation(check, entity, found);
    if (message !== undefined) messages.push(message);
  }
  if (messages.length > 0) found['@entity'] = messages;
};

const fieldsOfCheck = (check: EntityCheck): readonly string[] =>
  check.at_least_one_of ??
  check.only_one_of ??
  check.mutually_required ??
  check.distinct ??
  (check.conditional === undefined ? [] : [check.conditional.if_field, check.conditional.then_field]);

const groupViolation = (check: EntityCheck, entity: JsonObject): string | undefined => {
  const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  const present = (names: readonly string[]): number => names.filter((name) => !isEmpty(at(entity, name))).length;
  const { at_least_one_of: any, only_one_of: one, mutually_required: all, distinct } = check;
  if (any !== undefined && present(any) === 0) return `at least one of these fields must be non-empty: ${quoted(any)}`;
  if (one !== undefined && present(one) !== 1) return `exactly one of these fields must be non-empty: ${quoted(one)}`;
  if (all !== undefined && ![0, all.length].includes(present(all)))
    return `all or none of these fields must be set: ${quoted(all)}`;
  if (distinct !== undefined) {
    const values = distinct.map((name) => at(entity, name)).filter((value) => !isEmpty(value));
    if (new Set(values).size !== values.length) return `values of these fields must be distinct: ${quoted(distinct)}`;
  }
  return undefined;
};

const conditionalViolation = (
  { conditional: rule }: EntityCheck,
  entity: JsonObject,
  found: { [field: string]: Violation },
): string | undefined => {
  if (rule === undefined) return undefined;
  const given = at(entity, rule.if_field);
  if (isEmpty(given) || violationOf(rule.if_match, given) !== undefined) return undefined;
  const value = at(entity, rule.then_field);
  const violation =
    rule.then_match.eq === null && value !== null ? 'value must be null' : violationOf(rule.then_match, value);
  if (violation === undefined) return undefined;
  put(found, rule.then_field.split('.'), violation);
  return rule.then_err ?? `failed conditional validation given value of field '${rule.if_field}'`;
};

const at = (entity: JsonObject, path: string): Json =>
  path.split('.').reduce<Json>((value, key) => (isObject(value) ? (value[key] ?? null) : null), entity);

const isEmpty = (value: Json): boolean => value === null || (Array.isArray(value) && value.length === 0);

const put = (found: { [field: string]: Violation }, path: readonly string[], violation: Violation): void => {
  const [key = '', ...rest] = path;
  if (rest.length === 0) found[key] = violation;
  else {
    const inner: { [field: string]: Violation } = {};
    put(inner, rest, violation);
    found[key] = inner;
  }
};
