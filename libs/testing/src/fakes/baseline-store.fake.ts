import { LOOK_BACK_MS } from '@outrider/domain/baseline/baseline';
import { learnBaseline, type LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import {
  BaselineStore,
  type BaselineQuery,
  type CallerTerm,
  type LastUse,
  type ObservedPoint,
  type PeerGroup,
} from '@outrider/ports/baseline-store';

/** BaselineStore whose answers a test puts in; whoever it does not know was never seen. For unit tests. */
export class FakeBaselineStore extends BaselineStore {
  /** By tenant and id. */
  readonly learned = new Map<string, LearnedBaseline>();
  readonly points = new Map<string, readonly ObservedPoint[]>();
  readonly groups = new Map<string, PeerGroup>();
  readonly callerTerms: (CallerTerm & { readonly tenant: string })[] = [];
  readonly uses: (LastUse & { readonly tenant: string })[] = [];
  readonly queries: BaselineQuery[] = [];
  use: Awaited<ReturnType<BaselineStore['endpointUse']>> = { endpoints: [], consumers: 0 };

  async baselines(query: BaselineQuery): Promise<readonly LearnedBaseline[]> {
    this.queries.push(query);
    const of = { metric: query.metric, step: query.step, at: query.at, lookBackMs: LOOK_BACK_MS[query.step] };
    return query.ids.map(
      (id) =>
        this.learned.get(keyOf(query.tenant, id)) ??
        learnBaseline({ id, since: undefined, requests: 0, days: 0, peaks: [], cells: [] }, of),
    );
  }

  async observed(query: Parameters<BaselineStore['observed']>[0]): Promise<readonly ObservedPoint[]> {
    const { from, to } = query.range;
    return (this.points.get(keyOf(query.tenant, query.id)) ?? []).filter(({ at }) => at >= from && at < to);
  }

  async peersOf(query: Parameters<BaselineStore['peersOf']>[0]): Promise<PeerGroup> {
    return this.groups.get(keyOf(query.tenant, query.caller.id)) ?? { by: 'none', name: '', peers: [] };
  }

  async *terms(query: Parameters<BaselineStore['terms']>[0]): AsyncGenerator<readonly CallerTerm[]> {
    const asked = new Set(query.callers.map(({ kind, id }) => keyOf(kind, id)));
    yield this.callerTerms
      .filter(
        ({ tenant, caller, lastSeenAt }) =>
          tenant === query.tenant && asked.has(keyOf(caller.kind, caller.id)) && lastSeenAt >= query.since,
      )
      .filter(({ kind }) => query.kinds?.includes(kind) ?? true)
      .map(({ tenant: _tenant, ...term }) => term);
  }

  async lastUsed(query: Parameters<BaselineStore['lastUsed']>[0]): Promise<readonly LastUse[]> {
    const asked = new Set(query.callers.map(({ kind, id }) => keyOf(kind, id)));
    return this.uses
      .filter(({ tenant, caller }) => tenant === query.tenant && asked.has(keyOf(caller.kind, caller.id)))
      .map(({ tenant: _tenant, ...use }) => use);
  }

  async endpointUse(): ReturnType<BaselineStore['endpointUse']> {
    return this.use;
  }
}

export const keyOf = (a: string, b: string): string => `${a}|${b}`;
