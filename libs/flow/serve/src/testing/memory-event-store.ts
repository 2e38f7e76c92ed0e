import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity, EntityKind } from '@outrider/domain/traffic/entity';
import {
  EventStore,
  type DeadLetter,
  type EntitySummary,
  type EventQuery,
  type SourceHealth,
  type TimeRange,
} from '@outrider/ports/event-store';

/** The reading half of EventStore over arrays, for specs of this stage. */
export class MemoryEventStore extends EventStore {
  readonly events: ApiEvent[] = [];
  readonly letters: DeadLetter[] = [];
  /** Every query's range, to see that none is unbounded. */
  readonly ranges: TimeRange[] = [];

  async search(query: EventQuery): Promise<readonly ApiEvent[]> {
    this.ranges.push(query.range);
    const sign = query.order === 'newest' ? -1 : 1;
    const compare = (a: Key, b: Key): number => sign * (a.startedAt - b.startedAt || compareIds(a.id, b.id));
    return this.events
      .filter((e) => e.tenant === query.tenant && inRange(e.startedAt, query.range))
      .filter((e) => !query.entity || isAbout(e, query.entity))
      .filter((e) => !query.eventIds || query.eventIds.includes(eventId(e)))
      .filter((e) => (!query.gateway || e.gateway === query.gateway) && (!query.method || e.method === query.method))
      .filter((e) => e.status >= (query.statusFrom ?? 0) && e.status <= (query.statusTo ?? 999))
      .filter((e) => !query.consumerCustomId || e.consumerCustomId === query.consumerCustomId)
      .filter((e) => e.path.startsWith(query.pathPrefix ?? ''))
      .sort(compare)
      .filter((e) => !query.after || compare(e, query.after) > 0)
      .slice(0, query.limit);
  }

  async entities(query: Parameters<EventStore['entities']>[0]): Promise<readonly EntitySummary[]> {
    this.ranges.push(query.range);
    const own = this.events.filter((e) => e.tenant === query.tenant && inRange(e.startedAt, query.range));
    const ids = [...new Set(own.map((e) => entityOf(e, query.kind).id))].filter((id) => id !== '');
    return ids
      .map((id) =>
        summaryOf(
          own.filter((e) => isAbout(e, { kind: query.kind, id })),
          query.kind,
        ),
      )
      .filter((s) => s.entity.name.toLowerCase().includes((query.nameContains ?? '').toLowerCase()))
      .sort((a, b) => b.requests - a.requests || (a.entity.id < b.entity.id ? -1 : 1))
      .slice(query.offset, query.offset + query.limit);
  }

  async entity(query: Parameters<EventStore['entity']>[0]): Promise<EntitySummary | undefined> {
    const own = this.events.filter(
      (e) => e.tenant === query.tenant && inRange(e.startedAt, query.range) && isAbout(e, query),
    );
    return own.length === 0 ? undefined : summaryOf(own, query.kind);
  }

  async deadLetters(query: Parameters<EventStore['deadLetters']>[0]): Promise<readonly DeadLetter[]> {
    const compare = (a: { receivedAt: number; id: string }, b: { receivedAt: number; id: string }): number =>
      b.receivedAt - a.receivedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
    return this.letters
      .filter((l) => l.tenant === query.tenant && inRange(l.receivedAt, query.range))
      .filter((l) => !query.reason || l.reason === query.reason)
      .sort(compare)
      .filter((l) => !query.after || compare(l, query.after) > 0)
      .slice(0, query.limit);
  }

  async deadLetterCounts(query: {
    tenant: string;
    range: TimeRange;
  }): Promise<readonly { reason: string; count: number }[]> {
    const own = this.letters.filter((l) => l.tenant === query.tenant && inRange(l.receivedAt, query.range));
    return [...new Set(own.map((l) => l.reason))].map((reason) => ({
      reason,
      count: own.filter((l) => l.reason === reason).length,
    }));
  }

  async sources({ tenant }: { tenant: string; now: number }): Promise<readonly SourceHealth[]> {
    const own = this.events.filter((e) => e.tenant === tenant);
    return [...new Set(own.map((e) => e.gateway))].map((gateway) => ({
      gateway,
      lastEventAt: Math.max(...own.map((e) => e.startedAt)),
      lastReceivedAt: Math.max(...own.map((e) => e.receivedAt)),
      events5m: own.length,
    }));
  }

  async ping(): Promise<void> {}
  insertEvents(): Promise<void> {
    throw new Error('not in this fake');
  }
  insertDeadLetters(): Promise<void> {
    throw new Error('not in this fake');
  }
  rollUpEndpoints(): never {
    throw new Error('not used by this stage');
  }

  typedTemplates(): never {
    throw new Error('not used by this stage');
  }

  endpointStatistics(): never {
    throw new Error('not used by this stage');
  }

  queryShapes(): never {
    throw new Error('not used by this stage');
  }

  learnableCalls(): never {
    throw new Error('not used by this stage');
  }

  serviceMinutes(): never {
    throw new Error('not used here');
  }
  seenSince(): never {
    throw new Error('not in this fake');
  }
  replayCount(): never {
    throw new Error('not in this fake');
  }
  replay(): never {
    throw new Error('not in this fake');
  }
  newestByPartition(): never {
    throw new Error('not in this fake');
  }
  recall(): never {
    throw new Error('not in this fake');
  }
  minuteCounts(): never {
    throw new Error('not in this fake');
  }
}

/** Not the order of their text, as in ClickHouse, where an id is a UUID. */
const compareIds = (a: string, b: string): number => {
  const [x, y] = [a, b].map((id) => [...id].reverse().join(''));
  return x === y ? 0 : (x ?? '') < (y ?? '') ? -1 : 1;
};

type Key = Pick<ApiEvent, 'startedAt' | 'id'>;

const inRange = (at: number, range: TimeRange): boolean => at >= range.from && at < range.to;

const entityOf = (e: ApiEvent, kind: EntityKind): Entity => {
  if (kind === 'consumer')
    return { kind, id: e.consumerId, name: e.consumerName || e.consumerCustomId || e.consumerId };
  return kind === 'credential'
    ? { kind, id: e.credentialId, name: e.credentialId }
    : { kind, id: e.clientIp, name: e.clientIp };
};

const isAbout = (e: ApiEvent, { kind, id }: Pick<Entity, 'kind' | 'id'>): boolean => entityOf(e, kind).id === id;

const summaryOf = (own: readonly ApiEvent[], kind: EntityKind): EntitySummary => {
  const [first] = own;
  if (!first) throw new Error('no events');
  return {
    entity: entityOf(first, kind),
    requests: own.length,
    errors: own.filter((e) => e.status >= 400).length,
    refused: own.filter((e) => e.refusal !== '').length,
    responseBytes: own.reduce((sum, e) => sum + e.responseBytes, 0),
    firstSeenAt: Math.min(...own.map((e) => e.startedAt)),
    lastSeenAt: Math.max(...own.map((e) => e.startedAt)),
  };
};
