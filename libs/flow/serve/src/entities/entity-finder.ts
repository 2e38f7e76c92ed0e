import type { Entity, EntityKind } from '@outrider/domain/traffic/entity';
import { canonicalIp } from '@outrider/domain/traffic/ip-address';
import type { Clock } from '@outrider/ports/clock';
import type { EventStore } from '@outrider/ports/event-store';
import { DAY_MS } from '../paging/time-range.ts';

export type CallerKind = Extract<EntityKind, 'consumer' | 'credential' | 'ip'>;

/** How far back a name is looked for. */
const NAME_RANGE_MS = 30 * DAY_MS;
const CANDIDATES = 20;
/** Pages of one list and the panels of one page ask for the same consumer again and again. */
const REMEMBERED_MS = 60_000;
const REMEMBERED = 5_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface Found {
  readonly entity: Entity;
  /** False where nothing of that name was seen lately: the text itself then stands for the id. */
  readonly known: boolean;
}

/** Whom a text means: an address in any form, a credential id, or a consumer by id, user name or custom id. */
export class EntityFinder {
  readonly #known = new Map<string, { readonly entity: Entity; readonly until: number }>();

  constructor(
    private readonly events: EventStore,
    private readonly clock: Clock,
  ) {}

  async find(tenant: string, kind: CallerKind, text: string): Promise<Found> {
    const certain = certainId(kind, text);
    if (kind === 'ip' && certain !== undefined) return { entity: { kind, id: certain, name: certain }, known: false };
    const key = JSON.stringify([tenant, kind, text]);
    const remembered = this.#known.get(key);
    if (remembered && remembered.until > this.clock.now()) return { entity: remembered.entity, known: true };
    const id = certain ?? text;
    const entity = await this.#look(tenant, kind, id, certain === undefined);
    if (!entity) return { entity: { kind, id, name: id }, known: false };
    this.#remember(key, entity);
    return { entity, known: true };
  }

  async #look(tenant: string, kind: CallerKind, id: string, mayBeName: boolean): Promise<Entity | undefined> {
    const now = this.clock.now();
    const range = { from: now - NAME_RANGE_MS, to: now + DAY_MS };
    const byId = await this.events.entity({ tenant, kind, id, range });
    if (byId) return byId.entity;
    return kind === 'consumer' && mayBeName ? this.#byName(tenant, id, range) : undefined;
  }

  #remember(key: string, entity: Entity): void {
    this.#known.delete(key);
    this.#known.set(key, { entity, until: this.clock.now() + REMEMBERED_MS });
    const oldest = this.#known.size > REMEMBERED ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  /** A user name is the entity's name; where a consumer has both, its custom id stands in its events alone. */
  async #byName(tenant: string, text: string, range: { from: number; to: number }): Promise<Entity | undefined> {
    const query = { tenant, kind: 'consumer', range, nameContains: text, limit: CANDIDATES, offset: 0 } as const;
    const named = (await this.events.entities(query)).find(({ entity }) => entity.name === text);
    if (named) return named.entity;
    const [event] = await this.events.search({ tenant, range, consumerCustomId: text, limit: 1, order: 'newest' });
    if (event?.consumerCustomId !== text || event.consumerId === '') return undefined;
    return { kind: 'consumer', id: event.consumerId, name: event.consumerName || text };
  }
}

/** The id that a text can only be, without asking anybody: an address in its canonical form, a UUID in lower case. */
export const certainId = (kind: CallerKind, text: string): string | undefined => {
  if (kind === 'ip') return canonicalIp(text) ?? text;
  return UUID.test(text) ? text.toLowerCase() : undefined;
};
