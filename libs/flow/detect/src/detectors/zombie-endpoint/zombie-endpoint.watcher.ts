import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { endpointKeyOf } from '../../knowledge/knowledge.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS } from '../../windows/time.ts';
import { DocumentedEndpoints } from '../shadow-endpoint/documented-endpoints.ts';
import { VersionLines, type VersionUse } from './version-lines.ts';
import { VersionSearch } from './version-search.ts';
import { judgeZombie, ZOMBIE_ENDPOINT_VERSION } from './zombie-endpoint.detector.ts';
import type { ZombieEndpointSettings } from './zombie-endpoint.settings.ts';

const MAX_USERS = 5_000;

interface OldUser {
  evidence: Evidence;
  reportedAt: number;
}

export class ZombieEndpointWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  readonly #lines = new VersionLines();
  readonly #search = new VersionSearch();
  readonly #users = new BoundedMap<OldUser>(MAX_USERS);
  readonly #documented: DocumentedEndpoints;

  constructor(private readonly deps: DetectorDeps<ZombieEndpointSettings>) {
    this.#documented = new DocumentedEndpoints(deps.knowledge);
  }

  get evicted(): number {
    return this.#lines.evicted + this.#users.evicted + this.#documented.evicted + this.#search.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#users.forgetLanes(lanes);
    this.#search.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#users.forgetParts(gone.callers);
    this.#search.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (event.status >= 400) {
      if (endpoint !== undefined || (event.status !== 404 && event.status !== 410 && event.status !== 403))
        return undefined;
      return this.#search.missed(event, at, caller, this.deps.settings.of(event));
    }
    if (endpoint === undefined) {
      this.#search.meet(event);
      this.#lines.meet(event, at, hash32(endpointKeyOf(event)) || 1);
      return undefined;
    }
    const found = this.#documented.isEmpty ? undefined : this.#saidToBeOver(event, at, caller);
    if (found !== undefined || this.#lines.isEmpty) return found;
    const use = this.#lines.of(endpoint.id);
    return use === undefined ? undefined : this.#used(event, at, caller, use);
  }

  explain(event: ApiEvent, _at: number, { endpoint }: Caller): string | undefined {
    const use = endpoint && this.#lines.of(endpoint.id);
    if (use === undefined) return undefined;
    return `${endpointOf(event)} is of ${use.label}, beside version ${use.line.newest}; it gave ${use.inWeek} good answers in seven days.`;
  }

  #used(event: ApiEvent, at: number, caller: Caller, use: VersionUse): Draft | undefined {
    const term = CallerProfile.term(caller.key);
    use.add(at);
    use.callers.add(term, at);
    const since = use.callers.firstAt(term) ?? at;
    if (at - since > DAY_MS) return undefined;
    const user = this.#users.getOrMake(
      `${caller.key}|${use.label}`,
      () => ({ evidence: new Evidence(), reportedAt: Number.NEGATIVE_INFINITY }),
      caller.lane,
    );
    user.evidence.add(event, at);
    if (at < user.reportedAt + REPORT_EVERY_MS) return undefined;
    const settings = this.deps.settings.of(event);
    const own = use.callers.count(term);
    const others = Math.max(0, use.inWeek - own);
    const { profile } = caller;
    const severity = judgeZombie(
      {
        own,
        others,
        newCallers: use.callers.size - use.callers.olderThan(at - DAY_MS),
        newerDays: (since - use.line.newestAt) / DAY_MS,
        onlyThis: profile !== undefined && profile.requests <= own * 1.2 + 5,
        anonymous: profile === undefined,
      },
      settings,
    );
    if (severity === undefined) return undefined;
    user.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'zombie-endpoint',
      version: ZOMBIE_ENDPOINT_VERSION,
      severity,
      confidence: 0.75,
      at,
      from: since,
      observed: { metric: 'good answers of an old version', value: own, unit: 'to a caller new to it' },
      expected: { low: 0, high: settings.minSuccesses, mean: others / 7, n: others, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} began to use ${use.label}, which has a newer version ${use.line.newest} and was nearly silent (${others} good answers to all others in seven days): ${own} good answers (from ${settings.minSuccesses} on it is told). Old versions keep the weak spots that the new one lost.`,
      evidence: user.evidence,
    });
  }

  #saidToBeOver(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint === undefined) return undefined;
    const settings = this.deps.settings.of(event);
    const gates = { minSuccesses: settings.documentedSuccesses, minHours: settings.documentedHours };
    const verdict = this.#documented.due(event, at, endpoint, 'over', gates);
    if (verdict === undefined) return undefined;
    const evidence = new Evidence();
    evidence.add(event, at);
    const id = endpointOf(event);
    return findingOf({
      event,
      entity: { kind: 'endpoint', id, name: id },
      type: 'zombie-endpoint',
      version: ZOMBIE_ENDPOINT_VERSION,
      severity: 'low',
      confidence: 0.8,
      at,
      from: endpoint.firstAt,
      observed: {
        metric: 'good answers of an endpoint that is over',
        value: endpoint.successes,
        unit: 'since it is known',
      },
      expected: { low: 0, high: settings.documentedSuccesses, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${id} has given ${endpoint.successes} good answers, though the document ${verdict.document} says that it is deprecated or over.`,
      evidence,
    });
  }
}
