import type { EndpointChange, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { LearnedTemplates, type TemplateScope } from '@outrider/domain/traffic/learned-templates';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { EndpointStore } from '@outrider/ports/endpoint-store';
import type { EventStore } from '@outrider/ports/event-store';
import type { Leadership } from '@outrider/ports/leadership';
import { LedLoop } from '@outrider/ports/led-loop';
import type { DiscoverOptions } from '../discover-options.ts';
import { NOTHING_ASKED, requestsOf } from './endpoint-requests.ts';
import { updateEndpoint, type Seen } from './endpoint-update.ts';

const DAYS = 7;
const DAY_MS = 86_400_000;
const MAX_TYPED = 10_000;
const MAX_STATISTICS = 20_000;
const MAX_SHAPES = 5_000;
const PAGE = 1_000;
/** What was received within this time is looked at for parameters, whenever the last round was; ms. */
const MAX_BACK_MS = 3_600_000;

/** What was received longer ago than this is stored, unless the analyzers are behind: then it is in the events alone; ms. */
const SETTLE_MS = 60_000;
const WINDOW_MS = 300_000;

export interface EndpointInventoryParts {
  readonly events: Pick<EventStore, 'rollUpEndpoints' | 'typedTemplates' | 'endpointStatistics' | 'queryShapes'>;
  readonly store: EndpointStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly log: Logger;
}

/** On one process at a time: what was seen of each known endpoint, and what changed by it. Learned anew from the stores each round. */
export class EndpointInventory {
  readonly #loop: LedLoop;
  #lookedAt = 0;
  #rolledTo = 0;

  constructor(
    private readonly parts: EndpointInventoryParts,
    private readonly options: DiscoverOptions,
  ) {
    this.#loop = new LedLoop({
      leadership: parts.leadership,
      role: 'endpoint-inventory',
      everyMs: options.inventoryEveryMs,
      round: (signal) => this.round(signal),
      onError: (error) => parts.log.warn({ err: error }, 'endpoint inventory not brought up to date this time'),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Public for tests. */
  async round(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.parts;
    const now = clock.now();
    const since = Math.max(this.#lookedAt, now - MAX_BACK_MS);
    await this.#rollUp(now, signal);
    const templates = new LearnedTemplates(await store.learnedServices());
    for (const scope of await store.scopes()) {
      if (signal.aborted) return;
      await this.#look(scope, templates, since, now);
    }
    this.#lookedAt = now;
  }

  /** Windows that begin at the same times for every leader, so that none counts twice. */
  async #rollUp(now: number, signal: AbortSignal): Promise<void> {
    const until = Math.floor((now - SETTLE_MS) / WINDOW_MS) * WINDOW_MS;
    let from = this.#rolledTo === 0 ? until - MAX_BACK_MS : Math.max(this.#rolledTo, until - DAY_MS);
    for (; from < until && !signal.aborted; from += WINDOW_MS) {
      await this.parts.events.rollUpEndpoints({ from, to: from + WINDOW_MS });
      this.#rolledTo = from + WINDOW_MS;
    }
  }

  async #look(scope: TemplateScope, templates: LearnedTemplates, since: number, now: number): Promise<void> {
    const { events, store } = this.parts;
    const matcher = templates.of(scope.tenant, scope.gateway, scope.service, scope.host);
    const range = { from: now - DAYS * DAY_MS, to: now };
    const typed = matcher ? await events.typedTemplates({ ...scope, range, limit: MAX_TYPED }) : [];
    const renamed = new Map<string, string>();
    for (const { method, pathTemplate } of typed) {
      const learned = matcher?.match(method, pathTemplate);
      if (learned !== undefined && learned !== pathTemplate) renamed.set(pathTemplate, learned);
    }
    const statistics = await events.endpointStatistics({ ...scope, range, renamed, limit: MAX_STATISTICS });
    const shapes = await events.queryShapes({ ...scope, range: { from: since, to: now }, limit: MAX_SHAPES });
    const byKey = new Map(statistics.map((one) => [`${one.method} ${one.template}`, one]));
    const requests = requestsOf(shapes, ({ method, path, pathTemplate }) => {
      return `${method} ${matcher?.match(method, path) ?? pathTemplate}`;
    });
    const saved: KnownEndpoint[] = [];
    const changes: EndpointChange[] = [];
    for await (const endpoint of endpointsOf(store, scope)) {
      const key = `${endpoint.method} ${endpoint.template}`;
      const seen: Seen = { statistics: byKey.get(key), ...(requests.get(key) ?? NOTHING_ASKED) };
      const update = updateEndpoint(endpoint, seen, { now, days: DAYS, silentAfterMs: this.options.silentAfterMs });
      saved.push(update.endpoint);
      changes.push(...update.changes);
    }
    await store.saveInventory(saved, changes);
  }
}

async function* endpointsOf(store: EndpointStore, scope: TemplateScope): AsyncGenerator<KnownEndpoint> {
  const { tenant, gateway, service, host } = scope;
  let after: KnownEndpoint | undefined;
  for (;;) {
    const page = await store.endpoints({ tenant, gateway, service, host, limit: PAGE, ...(after ? { after } : {}) });
    yield* page;
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
}
