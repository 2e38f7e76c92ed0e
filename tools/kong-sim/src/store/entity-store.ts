import {
  foreignKeyUnresolved,
  foreignKeyViolation,
  KongError,
  primaryKeyViolation,
  schemaViolation,
  uniqueViolation,
} from '../kong-error.ts';
import type { Sources } from '../identifiers.ts';
import { copyOf, objectAt, stringAt, stringsAt, type Json, type JsonObject } from '../json.ts';
import { fieldOf, type EntitySchema } from '../schema/field-spec.ts';
import { fillRecord, mergePatch } from '../schema/fill-defaults.ts';
import { isUuid } from '../schema/validate-record.ts';
import {
  ENTITY_KINDS,
  kindNamed,
  referencesOf,
  rowSchema,
  uniqueFieldsOf,
  type EntityKind,
  type KindName,
} from './entity-kinds.ts';
import { passwordHash } from './password-hash.ts';
import { expandShorthands, inferTypes, withShorthands } from './row-input.ts';
import { rowViolations } from './row-rules.ts';

export interface WriteOptions {
  /** The input came from a form, where everything is a string. */
  readonly fromForm?: boolean;
}

/** The database of the gateway: rows by kind, with Kong's defaults, checks, uniqueness and cascades. */
export class EntityStore {
  private readonly tables = new Map<KindName, Map<string, JsonObject>>(
    ENTITY_KINDS.map(({ name }) => [name, new Map()]),
  );
  private readonly expiries = new Map<string, number>();
  private readonly listeners: ((kind: EntityKind) => void)[] = [];

  constructor(private readonly sources: Sources) {}

  /** Called after each change, with the kind that changed. */
  onChange(listener: (kind: EntityKind) => void): void {
    this.listeners.push(listener);
  }

  /** All rows of a kind by id order, which is the order of Kong's pages. */
  all(name: KindName): JsonObject[] {
    return this.live(name)
      .sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))
      .map((row) => this.shown(name, row));
  }

  byId(name: KindName, id: string): JsonObject | undefined {
    const row = this.table(name).get(id.toLowerCase());
    return row === undefined || this.hasExpired(row) ? undefined : this.shown(name, row);
  }

  /** By id, or by the field that a path may use in its place. */
  find(name: KindName, idOrKey: string): JsonObject | undefined {
    const { endpointKey } = kindNamed(name);
    // A group name is no key of its own: many consumers have it.
    if (isUuid(idOrKey)) return this.byId(name, idOrKey);
    if (endpointKey === undefined || name === 'acls') return undefined;
    const row = this.live(name).find((candidate) => candidate[endpointKey] === idOrKey);
    return row === undefined ? undefined : this.shown(name, row);
  }

  insert(name: KindName, input: JsonObject, options: WriteOptions = {}): JsonObject {
    const kind = kindNamed(name);
    const row = this.prepared(kind, input, options);
    const id = String(row['id']);
    if (this.table(name).has(id)) throw primaryKeyViolation(id);
    return this.store(kind, row);
  }

  /** Create or replace; what the input leaves out falls back to its default, only the creation time is kept. */
  replace(name: KindName, id: string, input: JsonObject, options: WriteOptions = {}): JsonObject {
    const kind = kindNamed(name);
    const before = this.byId(name, id);
    const kept: JsonObject = before === undefined ? {} : { created_at: before['created_at'] ?? null };
    return this.store(kind, this.prepared(kind, { ...input, ...kept, id }, options));
  }

  update(name: KindName, id: string, patch: JsonObject, options: WriteOptions = {}): JsonObject {
    const kind = kindNamed(name);
    const before = this.table(name).get(id);
    if (before === undefined) throw new KongError(404, { message: 'Not found' });
    const schema = this.schemaFor(kind, { ...before, ...patch });
    const given = options.fromForm === true ? inferTypes(schema, patch) : patch;
    const merged = fillRecord(schema, mergePatch(schema, before, expandShorthands(kind, schema, given)));
    const rehash = kind.name === 'basicauth_credentials' && patch['password'] !== undefined;
    const row = this.checked(kind, schema, { ...merged, ...this.updateTime(schema) }, rehash);
    return this.store(kind, row, patch['ttl'] === undefined);
  }

  remove(name: KindName, id: string): void {
    const row = this.table(name).get(id);
    if (row === undefined) return;
    for (const kind of ENTITY_KINDS)
      for (const { field, to, cascade } of referencesOf(kind)) {
        if (to !== name) continue;
        const referring = this.live(kind.name).filter((other) => stringAt(objectAt(other, field), 'id') === id);
        if (!cascade && referring.length > 0) throw stillReferenced(name, kind.name);
        for (const other of referring) this.remove(kind.name, String(other['id']));
      }
    this.table(name).delete(id);
    this.expiries.delete(id);
    this.announce(kindNamed(name));
  }

  /** Checks an input as an insert would, without storing it. */
  validate(name: KindName, input: JsonObject): void {
    this.prepared(kindNamed(name), input, {});
  }

  private prepared(kind: EntityKind, input: JsonObject, options: WriteOptions): JsonObject {
    const schema = this.schemaFor(kind, input);
    const given = options.fromForm === true ? inferTypes(schema, input) : input;
    const filled = fillRecord(schema, expandShorthands(kind, schema, given));
    if (filled['id'] === null) filled['id'] = this.sources.generateId();
    if (filled['created_at'] === null) filled['created_at'] = this.seconds();
    for (const auto of ['key', 'secret'])
      if (fieldOf(schema, auto)?.auto === true && filled[auto] === null) filled[auto] = this.sources.generateKey();
    if (kind.name === 'routes' && isGrpc(filled) && given['strip_path'] === undefined) filled['strip_path'] = false;
    return this.checked(kind, schema, { ...filled, ...this.updateTime(schema) }, true);
  }

  private schemaFor(kind: EntityKind, row: JsonObject): EntitySchema {
    if (kind.name === 'plugins' && (row['name'] === undefined || row['name'] === null))
      throw schemaViolation({ name: 'required field missing' });
    const schema = rowSchema(kind, row);
    if (schema !== undefined) return schema;
    const reason = `plugin '${String(row['name'])}' not enabled; add it to the 'plugins' configuration property`;
    throw schemaViolation({ name: reason });
  }

  private checked(kind: EntityKind, schema: EntitySchema, row: JsonObject, hashPassword: boolean): JsonObject {
    const violations = rowViolations(kind, schema, row);
    if (Object.keys(violations).length > 0) throw schemaViolation(violations);
    const resolved = this.withResolvedReferences(kind, row);
    if (kind.name === 'basicauth_credentials' && hashPassword)
      resolved['password'] = passwordHash(String(row['password']), String(objectAt(resolved, 'consumer')?.['id']));
    return resolved;
  }

  private withResolvedReferences(kind: EntityKind, row: JsonObject): JsonObject {
    const resolved = { ...row };
    for (const { field, to } of referencesOf(kind)) {
      const key = objectAt(row, field);
      if (key === undefined) continue;
      const id = stringAt(key, 'id');
      const endpointKey = kindNamed(to).endpointKey ?? 'id';
      const target = id === undefined ? this.find(to, String(key[endpointKey])) : this.byId(to, id);
      if (target === undefined)
        throw id === undefined ? foreignKeyUnresolved(field, to, key) : foreignKeyViolation(field, to, { id });
      resolved[field] = { id: target['id'] ?? null };
    }
    return resolved;
  }

  private store(kind: EntityKind, row: JsonObject, keepsExpiry = false): JsonObject {
    this.refuseDuplicate(kind, row);
    const id = String(row['id']).toLowerCase();
    const ttl = row['ttl'];
    if (!keepsExpiry) this.expiries.delete(id);
    if (typeof ttl === 'number' && !keepsExpiry) this.expiries.set(id, this.sources.now() + ttl * 1000);
    this.table(kind.name).set(id, row);
    this.announce(kind);
    return this.shown(kind.name, row);
  }

  private refuseDuplicate(kind: EntityKind, row: JsonObject): void {
    const groups = [
      ...(kind.uniqueTogether === undefined ? [] : [kind.uniqueTogether]),
      ...uniqueFieldsOf(kind).map((field) => [field]),
    ];
    for (const group of groups) {
      const fields = Object.fromEntries(group.map((field) => [field, row[field] ?? null]));
      if (group.length === 1 && fields[group[0] ?? ''] === null) continue;
      const taken = JSON.stringify(fields);
      const other = this.live(kind.name).find(
        (candidate) =>
          candidate['id'] !== row['id'] &&
          JSON.stringify(Object.fromEntries(group.map((field) => [field, candidate[field] ?? null]))) === taken,
      );
      if (other !== undefined) throw uniqueViolation(fields);
    }
  }

  private shown(name: KindName, row: JsonObject): JsonObject {
    const copy = copyOf(row);
    if (name === 'plugins') {
      const schema = rowSchema(kindNamed('plugins'), row);
      return schema === undefined ? copy : withShorthands(schema, copy);
    }
    const expiry = this.expiries.get(String(row['id']));
    if (expiry !== undefined) copy['ttl'] = Math.max(0, Math.ceil((expiry - this.sources.now()) / 1000));
    return copy;
  }

  private live(name: KindName): JsonObject[] {
    return [...this.table(name).values()].filter((row) => !this.hasExpired(row));
  }

  private hasExpired(row: JsonObject): boolean {
    const expiry = this.expiries.get(String(row['id']));
    return expiry !== undefined && expiry <= this.sources.now();
  }

  private updateTime(schema: EntitySchema): { [field: string]: Json } {
    return fieldOf(schema, 'updated_at') === undefined ? {} : { updated_at: this.seconds() };
  }

  private seconds(): number {
    return Math.floor(this.sources.now() / 1000);
  }

  private table(name: KindName): Map<string, JsonObject> {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }

  private announce(kind: EntityKind): void {
    for (const listener of this.listeners) listener(kind);
  }
}

const isGrpc = (route: JsonObject): boolean =>
  stringsAt(route, 'protocols').some((protocol) => protocol.startsWith('grpc'));

const stillReferenced = (name: KindName, by: KindName): KongError =>
  new KongError(400, {
    code: 4,
    name: 'foreign key violation',
    message: `an existing '${by}' entity references this '${name}' entity`,
    fields: { '@referenced_by': by },
  });
