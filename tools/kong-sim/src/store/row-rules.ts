import { isObject, objectAt, stringsAt, type JsonObject } from '../json.ts';
import { runEntityChecks } from '../schema/entity-checks.ts';
import type { EntitySchema } from '../schema/field-spec.ts';
import { pluginRuleViolation } from '../schema/plugin-rules.ts';
import { violationsOf, type Violation } from '../schema/validate-record.ts';
import type { EntityKind } from './entity-kinds.ts';

/** Everything that is wrong with a filled row; empty when it may be stored. */
export const rowViolations = (
  kind: EntityKind,
  schema: EntitySchema,
  row: JsonObject,
): { [field: string]: Violation } => {
  const found = violationsOf(schema, row);
  const tags = tagViolations(stringsAt(row, 'tags'));
  if (tags !== undefined) found['tags'] ??= tags;
  if (kind.name === 'plugins' && found['config'] === undefined) {
    const violation = pluginRuleViolation(String(row['name']), objectAt(row, 'config') ?? {});
    if (violation !== undefined) found['config'] = violation;
  }
  runEntityChecks(schema.entity_checks ?? [], row, found);
  if (kind.name === 'routes' && Object.keys(found).length === 0) addRouteViolation(row, found);
  return found;
};

const tagViolations = (tags: readonly string[]): Violation | undefined => {
  const each = tags.map((tag) => {
    // Bytes that are no UTF-8 were decoded to the replacement character.
    const broken = tag.indexOf('\uFFFD');
    if (broken >= 0)
      return `invalid utf-8 character sequence detected at position ${Buffer.byteLength(tag.slice(0, broken)) + 1}`;
    // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
    return /[,/\u0000-\u001f\u007f]/.test(tag)
      ? `invalid tag '${tag}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`
      : null;
  });
  const last = each.findLastIndex((violation) => violation !== null);
  return last < 0 ? undefined : each.slice(0, last + 1);
};

const CRITERIA: Readonly<Record<string, readonly string[]>> = {
  http: ['methods', 'hosts', 'headers', 'paths'],
  https: ['methods', 'hosts', 'headers', 'paths', 'snis'],
  grpc: ['hosts', 'headers', 'paths'],
  grpcs: ['hosts', 'headers', 'paths', 'snis'],
  tcp: ['sources', 'destinations'],
  tls: ['sources', 'destinations', 'snis'],
  udp: ['sources', 'destinations'],
  tls_passthrough: ['snis'],
};

const addRouteViolation = (route: JsonObject, found: { [field: string]: Violation }): void => {
  const protocols = stringsAt(route, 'protocols');
  const isSet = (field: string): boolean => {
    const value = route[field];
    return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
  };
  const unmatched = protocols.filter((protocol) => !(CRITERIA[protocol] ?? []).some(isSet));
  const first = unmatched[0];
  if (first !== undefined && unmatched.length === protocols.length) {
    const quoted = (CRITERIA[first] ?? []).map((field) => `'${field}'`).join(', ');
    found['@entity'] = [`must set one of ${quoted} when 'protocols' is '${protocols.join("' or '")}'`];
  }
};
