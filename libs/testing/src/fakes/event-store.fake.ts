import { decodeRows } from '@outrider/contracts/events/event-row';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, type EntityKind } from '@outrider/domain/traffic/entity';
import { TransientError } from '@outrider/platform/errors';
import {
  BUS_PARTITION_SPAN,
  EventStore,
  type DeadLetter,
  type EntitySummary,
  type EventBlock,
  type EventQuery,
  type LearnableCalls,
  type MinuteCount,
  type PlacedEvent,
  type RecallAfter,
  type SeenEvent,
  type ServiceMinute,
  type SourceHealth,
  type TimeRange,
  type ReplayFilter,
} from '@outrider/ports/event-store';

const MINUTE_MS = 60_000;
type Counts = { requests: number; serverErrors: number; clientErrors: number; refused: number };

/** EventStore in memory, for unit tests of flow logic: stores blocks once by token and counts minutes; no search by text. */
export class FakeEventStore extends EventStore {
  readonly blocks: EventBlock[] = [];
  readonly letters: DeadLetter[] = [];
  readonly events: { readonly event: ApiEvent; readonly position: number; readonly echo: boolean }[] = [];
  /** While true, every call rejects with TransientError. */
  away = false;
  readonly #tokens = new Set<string>();
  /** `tenant|kind:id` → minute → counts. */
  readonly #minutes = new Map<string, Map<number, Counts>>();

  override async insertEvents(block: EventBlock): Promise<void> {
    this.#check();
    if (this.#tokens.has(block.token)) return;
    this.#tokens.add(block.token);
    this.blocks.push(block);
    const decoded = decodeRows(block.rows);
    block.rows.forEach((row, i) => {
      const event = decoded[i];
      if (!event) return;
      const [position = -1, echo = 0] = row.slice(0, -1).split(',').slice(-2).map(Number);
      this.events.push({ event, position, echo: echo === 1 });
      if (echo !== 1) this.count(event);
    });
  }

  /** Counts an event's minute without keeping the event: for long backtests. */
  count(event: ApiEvent): void {
    const minute = minuteOf(event.startedAt);
    for (const key of keysOf(event)) {
      let minutes = this.#minutes.get(key);
      if (!minutes) this.#minutes.set(key, (minutes = new Map()));
      let counts = minutes.get(minute);
      if (!counts) minutes.set(minute, (counts = { requests: 0, serverErrors: 0, clientErrors: 0, refused: 0 }));
      counts.requests++;
      if (event.status >= 500) counts.serverErrors++;
      else if (isClientError(event.status)) counts.clientErrors++;
      if (event.refusal !== '') counts.refused++;
    }
  }

  override async insertDeadLetters(letters: readonly DeadLetter[], token: string): Promise<void> {
    this.#check();
    if (this.#tokens.has(token)) return;
    this.#tokens.add(token);
    this.letters.push(...letters);
  }

  override async *seenSince(
    since: number,
    limit: number,
    partitions?: readonly number[],
  ): AsyncIterable<readonly SeenEvent[]> {
    this.#check();
    yield this.events
      .filter(({ event, position }) => event.receivedAt >= since && isFrom(partitions, position))
      .reverse()
      .slice(0, limit)
      .map(({ event, position }) => ({ eventId: eventId(event), position }));
  }

  /** Without SQL there are no conditions on rows. */
  override async *replay(query: Parameters<EventStore['replay']>[0]): AsyncIterable<readonly ApiEvent[]> {
    this.#check();
    if (query.where) throw new Error('not in this fake');
    const found = this.events
      .filter(({ echo }) => !echo)
      .map(({ event }) => event)
      .filter((event) => inRange(event, query.range) && (query.tenant === undefined || event.tenant === query.tenant))
      .sort((a, b) => a.startedAt - b.startedAt);
    for (let i = 0; i < found.length; i += query.chunk) yield found.slice(i, i + query.chunk);
  }

  override async replayCount(filter: ReplayFilter): Promise<number> {
    let n = 0;
    for await (const chunk of this.replay({ ...filter, chunk: 1_000 })) n += chunk.length;
    return n;
  }

  override async newestByPartition(since: number, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    this.#check();
    const newest = new Map<number, number>();
    for (const { event, position } of this.events) {
      if (event.receivedAt < since || !isFrom(partitions, position)) continue;
      const partition = Math.floor(position / BUS_PARTITION_SPAN);
      const at = Math.min(event.startedAt, event.receivedAt);
      newest.set(partition, Math.max(newest.get(partition) ?? at, at));
    }
    return newest;
  }

  override async *recall(query: {
    partitions: readonly number[];
    range: TimeRange;
    chunk: number;
    most: number;
    after?: RecallAfter;
  }): AsyncIterable<readonly PlacedEvent[]> {
    this.#check();
    const isNew = (event: ApiEvent, position: number): boolean =>
      query.after === undefined ||
      event.startedAt >= query.after.startedSince ||
      position > (query.after.positions.get(Math.floor(position / BUS_PARTITION_SPAN)) ?? -1);
    const found = this.events
      .filter(
        ({ event, echo, position }) =>
          !echo && isFrom(query.partitions, position) && isNew(event, position) && inRange(event, query.range),
      )
      .sort((a, b) => a.event.receivedAt - b.event.receivedAt || a.position - b.position)
      .slice(-query.most);
    for (let i = 0; i < found.length; i += query.chunk) yield found.slice(i, i + query.chunk);
  }

  override async minuteCounts(query: {
    tenant: string;
    kind: EntityKind;
    entities: readonly string[];
    range: TimeRange;
  }): Promise<readonly MinuteCount[]> {
    this.#check();
    return query.entities.flatMap((entity) =>
      [...(this.#minutes.get(`${query.tenant}|${query.kind}:${entity}`) ?? [])]
        .filter(([minute]) => minute >= query.range.from && minute < query.range.to)
        .map(([minute, counts]) => ({ entity, minute, ...counts })),
    );
  }

  override async rollUpEndpoints(): Promise<void> {}

  override async typedTemplates(): Promise<never[]> {
    return [];
  }

  override async endpointStatistics(): Promise<never[]> {
    return [];
  }

  override async queryShapes(): Promise<never[]> {
    return [];
  }

  override async *learnableCalls({
    range,
    by,
    chunk,
  }: Parameters<EventStore['learnableCalls']>[0]): AsyncGenerator<readonly LearnableCalls[]> {
    const calls = this.events.flatMap(({ event, echo }): LearnableCalls[] => {
      const at = by === 'received' ? event.receivedAt : event.startedAt;
      const isGood = event.status >= 200 && event.status < 400 && event.answeredBy === 'upstream';
      if (echo || at < range.from || at >= range.to || event.serviceId === '' || !isGood) return [];
      const { tenant, gateway, serviceId: service, serviceName, host, method, path, pathTemplate, startedAt } = event;
      const caller = [...event.clientIp, ...event.consumerId].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 64, 0);
      const times = { firstAt: startedAt, lastAt: startedAt };
      return [{ tenant, gateway, service, serviceName, host, method, path, pathTemplate, caller, count: 1, ...times }];
    });
    for (let i = 0; i < calls.length; i += chunk) yield calls.slice(i, i + chunk);
  }

  override async serviceMinutes(range: TimeRange): Promise<readonly ServiceMinute[]> {
    this.#check();
    const from = minuteOf(range.from);
    const minutes = new Map<string, { -readonly [K in keyof ServiceMinute]: ServiceMinute[K] }>();
    for (const { event, echo } of this.events) {
      const { tenant, gateway, serviceName } = event;
      const service = event.serviceId || serviceName;
      const minute = minuteOf(event.startedAt);
      if (echo || service === '' || minute < from || minute >= range.to) continue;
      const key = `${tenant}|${gateway}|${service}|${minute}`;
      const row = minutes.get(key) ?? {
        ...{ tenant, gateway, service, serviceName, minute },
        ...{ requests: 0, serverErrors: 0, clientErrors: 0 },
      };
      minutes.set(key, row);
      row.requests++;
      if (event.status >= 500) row.serverErrors++;
      else if (isClientError(event.status)) row.clientErrors++;
    }
    return [...minutes.values()].sort((a, b) => b.minute - a.minute);
  }

  override async search(query: EventQuery): Promise<readonly ApiEvent[]> {
    this.#check();
    return this.events
      .map(({ event }) => event)
      .filter((event) => event.tenant === query.tenant && inRange(event, query.range) && isOf(event, query.entity))
      .filter(({ serviceId, serviceName }) => !query.service || [serviceId, serviceName].includes(query.service))
      .sort((a, b) => (query.order === 'newest' ? b.startedAt - a.startedAt : a.startedAt - b.startedAt))
      .slice(0, query.limit);
  }

  override async entities(): Promise<readonly EntitySummary[]> {
    return [];
  }

  override async entity(): Promise<EntitySummary | undefined> {
    return undefined;
  }

  override async deadLetters(query: { tenant: string; limit: number }): Promise<readonly DeadLetter[]> {
    return this.letters.filter((letter) => letter.tenant === query.tenant).slice(0, query.limit);
  }

  override async deadLetterCounts(): Promise<readonly { reason: string; count: number }[]> {
    return [];
  }

  override async sources(): Promise<readonly SourceHealth[]> {
    return [];
  }

  override async ping(): Promise<void> {
    this.#check();
  }

  #check(): void {
    if (this.away) throw new TransientError('the event store is away');
  }
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;

const isClientError = (status: number): boolean => status >= 400 && ![401, 403, 404, 429].includes(status);

const isFrom = (partitions: readonly number[] | undefined, position: number): boolean =>
  partitions === undefined || partitions.includes(Math.floor(position / BUS_PARTITION_SPAN));

const inRange = (event: ApiEvent, range: TimeRange): boolean =>
  event.startedAt >= range.from && event.startedAt < range.to;

/** As the real store: an address counts all its requests, also those of authenticated callers. */
const keysOf = (event: ApiEvent): string[] => {
  const keys = [`${event.tenant}|ip:${event.clientIp}`];
  if (event.consumerId !== '') keys.push(`${event.tenant}|consumer:${event.consumerId}`);
  if (event.credentialId !== '') keys.push(`${event.tenant}|credential:${event.credentialId}`);
  return keys;
};

const isOf = (event: ApiEvent, entity: { kind: EntityKind; id: string } | undefined): boolean => {
  if (!entity) return true;
  const caller = callerOf(event);
  return (
    (caller.kind === entity.kind && caller.id === entity.id) || (entity.kind === 'ip' && event.clientIp === entity.id)
  );
};
