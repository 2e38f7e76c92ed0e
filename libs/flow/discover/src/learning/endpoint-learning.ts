import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { EndpointStore, TemplateCorrection } from '@outrider/ports/endpoint-store';
import type { EventStore } from '@outrider/ports/event-store';
import type { Leadership } from '@outrider/ports/leadership';
import { LedLoop } from '@outrider/ports/led-loop';
import type { DiscoverOptions } from '../discover-options.ts';
import { EndpointLearner } from './endpoint-learner.ts';

/** What was received later than this ago may not be stored yet; ms. */
const SETTLE_MS = 10_000;
/** Further back is not learned from after a long pause; ms. */
const MAX_BACKLOG_MS = 24 * 3_600_000;
/** Received within one query; ms. */
const SLICE_MS = 600_000;
const MAX_GROUPS = 100_000;
const CHUNK = 2_000;
const MAX_CORRECTIONS = 100;

export interface EndpointLearningParts {
  readonly events: Pick<EventStore, 'learnableCalls'>;
  readonly store: EndpointStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

interface LearningState {
  readonly learner: EndpointLearner;
  /** What was received before this is learned; ms. */
  cursor: number;
  savedAt: number;
}

/**
 * On one process at a time: reads what was received since the cursor, learns from it and saves. State and cursor are saved together, so
 * that after a crash, or under another leader, what was not saved is read again. Templates that changed are saved at the end of their
 * round, the rest of the state every `saveEveryMs`.
 */
export class EndpointLearning {
  readonly #loop: LedLoop;
  readonly #refused: (labels: { reason: string }, by: number) => void;
  #state: LearningState | undefined;
  #figures = { scopes: 0, nodes: 0, known: 0 };
  #counted = { scopes: 0, nodes: 0, endpoints: 0 };

  constructor(
    private readonly parts: EndpointLearningParts,
    private readonly options: DiscoverOptions,
  ) {
    const { leadership, metrics, log } = parts;
    this.#refused = metrics.counter(
      'outrider_discover_refused_total',
      'Not learned because a bound was reached, by reason: scopes, nodes, endpoints, groups, backlog',
      ['reason'],
    );
    metrics.gaugeOf(
      'outrider_discover_services',
      'Services under one host that are learned',
      () => this.#figures.scopes,
    );
    metrics.gaugeOf('outrider_discover_nodes', 'Nodes of all path trees', () => this.#figures.nodes);
    metrics.gaugeOf('outrider_discover_endpoints', 'Known endpoints', () => this.#figures.known);
    this.#loop = new LedLoop({
      leadership,
      role: 'endpoint-learning',
      everyMs: options.learnEveryMs,
      round: (signal) => this.round(signal),
      // What failed in the middle of a round was learned in part: the saved state is right.
      onError: (error) => {
        this.#state = undefined;
        log.warn({ err: error }, 'endpoints not learned this time');
      },
      onResigned: () => void (this.#state = undefined),
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
    const { clock } = this.parts;
    const state = (this.#state ??= await this.#load());
    const until = clock.now() - SETTLE_MS;
    if (state.cursor < until - MAX_BACKLOG_MS) {
      if (state.cursor > 0) this.#refused({ reason: 'backlog' }, 1);
      state.cursor = until - MAX_BACKLOG_MS;
    }
    while (state.cursor < until && !signal.aborted) {
      const to = Math.min(until, state.cursor + SLICE_MS);
      await this.#learn(state.learner, { from: state.cursor, to });
      state.cursor = to;
    }
    state.learner.settle();
    await this.#save(state);
    this.#measure(state.learner);
  }

  async #load(): Promise<LearningState> {
    const { store, log, clock } = this.parts;
    const { cursor, scopes } = await store.loadLearning();
    const learner = new EndpointLearner();
    const unreadable = learner.restore(scopes);
    if (unreadable.length > 0)
      log.warn({ services: unreadable.length }, 'learned templates are unreadable, learned anew');
    this.#counted = { scopes: 0, nodes: 0, endpoints: 0 };
    return { learner, cursor, savedAt: clock.now() };
  }

  async #learn(learner: EndpointLearner, range: { from: number; to: number }): Promise<void> {
    let groups = 0;
    const query = { range, by: 'received', limit: MAX_GROUPS, chunk: CHUNK } as const;
    for await (const calls of this.parts.events.learnableCalls(query)) {
      for (const one of calls) learner.learn(one);
      groups += calls.length;
      await setImmediate();
    }
    if (groups >= MAX_GROUPS) this.#refused({ reason: 'groups' }, 1);
  }

  async #save(state: LearningState): Promise<void> {
    const { store, clock } = this.parts;
    const { learner } = state;
    const corrections = await store.pendingCorrections(MAX_CORRECTIONS);
    const appliedCorrections = corrections.map((one) => ({ id: one.id, problem: problemOf(learner, one) }));
    const now = clock.now();
    const isDue = now - state.savedAt >= this.options.saveEveryMs;
    if (!isDue && appliedCorrections.length === 0 && !learner.hasNews) return;
    const { saved, ...unsaved } = learner.unsaved(now);
    await store.saveLearning({ cursor: state.cursor, ...unsaved, appliedCorrections });
    saved();
    state.savedAt = now;
  }

  #measure(learner: EndpointLearner): void {
    const now = { scopes: learner.registry.refusedScopes + learner.registry.evictedScopes, nodes: 0, endpoints: 0 };
    this.#figures = { scopes: 0, nodes: 0, known: 0 };
    for (const [, templates] of learner.registry.entries()) {
      const { nodes, known, evictedNodes, refusedNodes, refusedEndpoints } = templates.figures;
      this.#figures.scopes++;
      this.#figures.nodes += nodes;
      this.#figures.known += known;
      now.nodes += evictedNodes + refusedNodes;
      now.endpoints += refusedEndpoints;
    }
    for (const reason of ['scopes', 'nodes', 'endpoints'] as const) {
      const more = now[reason] - this.#counted[reason];
      if (more > 0) this.#refused({ reason }, more);
    }
    this.#counted = now;
  }
}

/** Applies a correction; what cannot be applied is told, and not tried again. */
const problemOf = (
  learner: EndpointLearner,
  { kind, template, method, name, ...scope }: TemplateCorrection,
): string => {
  const templates = learner.edit(scope);
  if (templates === undefined) return 'there is no room for another service';
  try {
    if (kind === 'merge') templates.merge(template);
    else if (kind === 'split') templates.split(template, name);
    else templates.pin(template, method === '' ? undefined : method);
    return '';
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
};
