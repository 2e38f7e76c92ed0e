import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { FlowAskers } from './flow-askers.ts';
import { HourlyCounts } from './hourly-counts.ts';
import { SENSITIVE_FLOW_ABUSE_VERSION } from './sensitive-flow-abuse.detector.ts';
import type { SensitiveFlowAbuseSettings } from './sensitive-flow-abuse.settings.ts';
import type { SensitiveFlows } from './sensitive-flow.ts';

const MAX_FLOWS = 1_000;
/** Flows whose callers are followed at once. */
const MAX_BUSY = 16;
/** Part of the limit from which a flow's callers are followed. */
const BUSY = 1 / 3;
/** A busy flow that was called so long ago is busy no more; ms. */
const OVER_AFTER_MS = 15 * MINUTE_MS;

class Flow {
  readonly counts = new HourlyCounts();
  readonly evidence = new Evidence();
  askers: FlowAskers | undefined;
  lastAt = 0;
  reportedAt = Number.NEGATIVE_INFINITY;
}

/**
 * Messages that many addresses ask for, a few each. Who needs a code goes on to use it: callers that ask for nothing else, and together far
 * more than all do in the flow's busiest hour, send messages to somebody else's numbers (toll fraud).
 */
export class FlowSurgeWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #flowsByKey = new BoundedMap<Flow>(MAX_FLOWS);
  readonly #busy = new Set<Flow>();

  constructor(
    private readonly settings: Tuned<SensitiveFlowAbuseSettings>,
    private readonly flows: SensitiveFlows,
  ) {}

  get evicted(): number {
    return this.#flowsByKey.evicted;
  }

  /** Flows are everybody's. */
  forgetLanes(): void {}

  forget({ endpoints }: Forgotten): void {
    this.#flowsByKey.forgetKeys(endpoints, (flow) => this.#busy.delete(flow));
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.credentialId !== '' || event.credentialFingerprint !== '') return undefined;
    const flow = isCall(event) && this.flows.of(event.pathTemplate) === 'message' ? this.#flowOf(event) : undefined;
    for (const busy of this.#busy) if (busy !== flow) busy.askers?.elsewhere(caller.key);
    return flow && this.#called(event, at, caller, flow);
  }

  explain(event: ApiEvent, at: number): string | undefined {
    if (!isCall(event)) return undefined;
    const flow = this.#flowsByKey.peek(keyOf(event));
    if (!flow) return undefined;
    const s = this.settings.of(event);
    const left = flow.askers?.left(at - s.surgeMinutes * MINUTE_MS);
    return `the busiest hour of this flow by all addresses was ${flow.counts.past}, ${Math.ceil(limitOf(flow, at, s))} in an hour are looked at${left ? `; ${left.leftCalls} of ${left.calls} calls came from addresses that asked for nothing else` : ''}`;
  }

  #called(event: ApiEvent, at: number, caller: Caller, flow: Flow): Draft | undefined {
    const s = this.settings.of(event);
    const hour = flow.counts.add(at);
    flow.lastAt = Math.max(flow.lastAt, at);
    const limit = limitOf(flow, at, s);
    if (hour < limit * BUSY) {
      flow.askers = undefined;
      this.#busy.delete(flow);
      return undefined;
    }
    flow.evidence.add(event, at);
    if (flow.askers === undefined) this.#follow(flow, at);
    flow.askers?.called(caller.key, at);
    // A surge that is over stays in the hour.
    if (hour < limit || flow.counts.lastQuarter < hour / 4 || at < flow.reportedAt + REPORT_EVERY_MS) return undefined;
    const left = flow.askers?.left(at - s.surgeMinutes * MINUTE_MS);
    if (!left || left.askers < s.surgeAddresses || left.leftCalls < s.surgeShare * left.calls) return undefined;
    flow.reportedAt = at;
    const { past, firstAt } = flow.counts;
    flow.counts.forgetPresent();
    const id = endpointOf(event);
    return findingOf({
      event,
      entity: { kind: 'endpoint', id, name: id },
      type: 'sensitive-flow-abuse',
      version: SENSITIVE_FLOW_ABUSE_VERSION,
      severity: hour >= 5 * limit ? 'high' : 'medium',
      confidence: Math.min(0.9, 0.75 + 0.05 * Math.log2(hour / limit)),
      at,
      from: Math.max(firstAt, at - HOUR_MS),
      observed: { metric: 'calls of a message flow', value: hour, unit: 'in 1 h' },
      expected: { low: 0, high: Math.ceil(limit), mean: past, n: left.askers, p: 1, warmUp: caller.warmUp },
      explanation: `${id} was called ${hour} times within an hour by addresses without credentials (its busiest hour before had ${past}; fewer than ${Math.ceil(limit)} are let pass), and ${left.leftCalls} of ${left.calls} calls came from ${left.askers} addresses that asked for nothing else within ${s.surgeMinutes} min and more. Who needs a message goes on to use it. Each call sends a message that somebody pays for.`,
      evidence: flow.evidence,
    });
  }

  #follow(flow: Flow, at: number): void {
    for (const busy of this.#busy)
      if (busy.lastAt < at - OVER_AFTER_MS) {
        busy.askers = undefined;
        this.#busy.delete(busy);
      }
    if (this.#busy.size >= MAX_BUSY) return;
    flow.askers = new FlowAskers();
    this.#busy.add(flow);
  }

  #flowOf(event: ApiEvent): Flow {
    return this.#flowsByKey.getOrMake(keyOf(event), () => new Flow());
  }
}

/** Also one that was refused for being too many. */
const isCall = (event: ApiEvent): boolean =>
  event.method !== 'GET' && event.method !== 'HEAD' && (event.status < 400 || event.status === 429);

const limitOf = ({ counts }: Flow, at: number, s: SensitiveFlowAbuseSettings): number =>
  at - counts.firstAt < s.minKnownHours * HOUR_MS ? s.unknownSurge : Math.max(s.surge, s.overOwn * counts.past);

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.method} ${event.pathTemplate}`;
