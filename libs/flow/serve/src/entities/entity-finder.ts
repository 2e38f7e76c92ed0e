import type { Entity, EntityKind } from '@outrider/domain/traffic/entity';
import { canonicalIp } from '@outrider/domain/traffic/ip-address';
import type { Clock } from '@outrider/ports/clock';
import type { EventStore } from '@outrider/ports/event-store';
import { DAY_MS } from '../paging/time-range.ts';

export type CallerKind = Extract<EntityKind, 'consumer' | 'credential' | 'ip'>;

/** How far back a name is looked for. */
const NAME_RANGE_MS = 30 * DAY_MS;
const CANDIDATES = 20;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whom a text means: an address in any form, a credential id, or a consumer by id, user name or custom id. */
export class EntityFinder {
  constructor(
    private readonly events: EventStore,
    private readonly clock: Clock,
  ) {}

  /** `known` is false where nothing of that name was seen lately: the text itself then stands for the id. */
  async find(
    tenant: string,
    kind: CallerKind,
    text: string,
  ): Promise<{ readonly entity: Entity; readonly known: boolean }> {
    if (kind === 'ip') {
      const address = canonicalIp(text) ?? text;
      return { entity: { kind, id: address, name: address }, known: false };
    }
    const now = this.clock.now();
    const range = { from: now - NAME_RANGE_MS, to: now + DAY_MS };
    const id = UUID.test(text) ? text.toLowerCase() : text;
    const byId = await this.events.entity({ tenant, kind, id, range });
    if (byId) return { entity: byId.entity, known: true };
    const byName = kind === 'consumer' && !UUID.test(text) ? await this.#byName(tenant, text, range) : undefined;
    return byName ? { entity: byName, known: true } : { entity: { kind, id, name: id }, known: false };
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
