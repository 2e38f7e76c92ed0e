import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { hash32 } from '../../duplicates/hash64.ts';
import { bucketOf, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { HourlyCounts } from './hourly-counts.ts';
import {
  judgeFlow,
  SENSITIVE_FLOW_ABUSE_VERSION,
  type FlowVerdict,
  type FlowView,
} from './sensitive-flow-abuse.detector.ts';
import type { SensitiveFlowAbuseSettings } from './sensitive-flow-abuse.settings.ts';
import { isCodeFlow, type SensitiveFlow, type SensitiveFlows } from './sensitive-flow.ts';

const QUARTER_BUCKETS = 90;
const MAX_ENDPOINTS = 5_000;
/** Calls of one caller that are remembered singly. */
const LATEST = 16;
/** Calls in an hour that are no run of them yet. */
const FEW_CALLS = 5;

/** One caller at one sensitive endpoint. */
class Use {
  readonly counts = new HourlyCounts();
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  /** Calls ever; and when the present run of calls began, with what had been asked by then. */
  calls = 0;
  begun: Beginning | undefined;
  readonly #times: number[] = [];
  readonly #clients: number[] = [];

  note(event: ApiEvent, at: number): void {
    this.#times.push(at);
    this.#clients.push(hash32(event.clientFingerprint || event.userAgent));
    if (this.#times.length <= LATEST) return;
    this.#times.shift();
    this.#clients.shift();
  }

  /** The latest `n` within `ms`, with one client. */
  isBurst(n: number, ms: number): boolean {
    const first = this.#times.length - n;
    const client = this.#clients.at(-1);
    if (first < 0 || (this.#times.at(-1) ?? 0) - (this.#times[first] ?? 0) > ms) return false;
    return this.#clients.every((one, i) => i < first || one === client);
  }
}

/** How things stood when a caller began to call a flow after a quiet hour. */
interface Beginning {
  readonly leadMinutes: number;
  readonly otherBefore: number;
  readonly flowBefore: number;
}

/** Busiest hours at one endpoint: of the busiest caller, and of anybody else. */
interface Peers {
  busiest: string;
  max: number;
  second: number;
}

/** Looks only at writes to templates whose words say that each call costs something. */
export class SensitiveFlowAbuseWatcher implements Watcher {
  // a flow that is refused costs nothing, and is the business of others
  readonly statusClasses = [2, 3] as const;
  readonly #uses: BoundedMap<Use>;
  #firstAt = Number.POSITIVE_INFINITY;
  readonly #peers = new BoundedMap<Peers>(MAX_ENDPOINTS);

  constructor(
    private readonly deps: DetectorDeps<SensitiveFlowAbuseSettings>,
    private readonly flows: SensitiveFlows,
  ) {
    this.#uses = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#uses.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#uses.forgetLanes(lanes);
  }

  forget({ callers, places }: Forgotten): void {
    this.#uses.forgetParts(callers);
    for (const kind of ['ip', 'key'])
      this.#peers.forgetKeys([...places].map((place) => place.replace('|', `|${kind}|`)));
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (at < this.#firstAt) this.#firstAt = at;
    if (event.method === 'GET' || event.method === 'HEAD') return undefined;
    const flow = this.flows.of(event.pathTemplate);
    if (flow === undefined) return undefined;
    const key = `${caller.key}|${event.serviceId}|${event.pathTemplate}`;
    const use = this.#uses.getOrMake(key, () => new Use(), caller.lane);
    const hour = use.counts.add(at);
    // a call now and then is no beginning: it has begun anew while there are few in the hour
    if (hour <= FEW_CALLS) use.begun = beginningOf(at, caller, use, hour);
    use.calls++;
    use.evidence.add(event, at);
    use.note(event, at);
    const peers = this.#peers.getOrMake(peersKey(event), () => ({ busiest: key, max: 0, second: 0 }));
    const settings = this.deps.settings.of(event);
    const verdict =
      hour >=
        Math.min(settings.anonymousMessages, settings.messages, settings.burstMessages, settings.turnedMessages) &&
      at >= use.reportedAt + REPORT_EVERY_MS
        ? judgeFlow(this.#view(event, at, caller, key, use, peers, flow, hour, settings), settings)
        : undefined;
    if (!verdict) {
      if (at > use.reportedAt + HOUR_MS) learn(peers, key, hour);
      return undefined;
    }
    use.reportedAt = at;
    use.counts.forgetPresent();
    return this.#finding(event, at, caller, use, flow, hour, verdict);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    if (event.method === 'GET' || event.method === 'HEAD') return undefined;
    const flow = this.flows.of(event.pathTemplate);
    const use = this.#uses.peek(`${caller.key}|${event.serviceId}|${event.pathTemplate}`);
    if (flow === undefined || use === undefined) return undefined;
    const sum = use.counts.lastQuarter;
    const s = this.deps.settings.of(event);
    return `a ${flow} flow: ${sum} calls in a quarter of an hour; its busiest hour before was ${use.counts.past} (of an address ${s.anonymousMessages} messages an hour are told, ${s.burstMessages} within ${s.burstSeconds} s when it does nothing else)`;
  }

  #view(
    event: ApiEvent,
    at: number,
    caller: Caller,
    key: string,
    use: Use,
    peers: Peers,
    flow: SensitiveFlow,
    hour: number,
    s: SensitiveFlowAbuseSettings,
  ): FlowView {
    const head = bucketOf(at);
    return {
      flow,
      code: flow === 'message' && isCodeFlow(event.pathTemplate),
      anonymous: event.credentialId === '' && event.credentialFingerprint === '',
      hour,
      burst: use.isBurst(s.burstMessages, s.burstSeconds * 1000),
      quarter: use.counts.lastQuarter,
      requestsInQuarter: caller.requests(head - QUARTER_BUCKETS + 1, head),
      ownMax: use.counts.past,
      peerMax: peers.busiest === key ? peers.second : peers.max,
      leadMinutes: use.begun?.leadMinutes ?? 0,
      otherBefore: use.begun?.otherBefore ?? 0,
      flowBefore: use.begun?.flowBefore ?? 0,
      cameAfterMinutes: ((caller.profile?.firstAt ?? at) - this.#firstAt) / MINUTE_MS,
      knownHours: (at - Math.min(use.counts.firstAt, caller.profile?.firstAt ?? at)) / HOUR_MS,
    };
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    use: Use,
    flow: SensitiveFlow,
    hour: number,
    v: FlowVerdict,
  ): Draft {
    return findingOf({
      event,
      entity: caller.entity,
      type: 'sensitive-flow-abuse',
      version: SENSITIVE_FLOW_ABUSE_VERSION,
      severity: v.severity,
      confidence: v.confidence,
      at,
      from: Math.max(at - HOUR_MS, Math.min(at, use.counts.firstAt)),
      observed: { metric: `calls of a ${flow} flow`, value: hour, unit: 'in 1 h' },
      expected: { low: 0, high: Math.round(v.limit), mean: use.counts.past, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} called ${endpointOf(event)} ${hour} times within an hour and did ${v.burst || flow === 'verification' ? 'nothing' : 'little'} else (fewer than ${Math.ceil(v.limit)} ${v.burst ? 'one after the other with one client ' : ''}are let pass; its own busiest hour had ${use.counts.past}). ${COSTS[flow]}.`,
      evidence: use.evidence,
    });
  }
}

const COSTS: Readonly<Record<SensitiveFlow, string>> = {
  message: 'Each call sends a message that somebody pays for',
  purchase: 'Each call takes stock or an order',
  verification: 'Each call sends a code that somebody pays for, or tries one: nobody has so many of their own',
};

const beginningOf = (at: number, { profile }: Caller, { calls }: Use, hour: number): Beginning | undefined =>
  profile && {
    leadMinutes: (at - profile.firstAt) / MINUTE_MS,
    otherBefore: profile.requests - calls,
    flowBefore: calls - (hour - 1),
  };

const peersKey = (event: ApiEvent): string =>
  `${event.tenant}|${event.credentialId === '' ? 'ip' : 'key'}|${event.serviceId}|${event.pathTemplate}`;

const learn = (peers: Peers, key: string, hour: number): void => {
  if (key === peers.busiest) peers.max = Math.max(peers.max, hour);
  else if (hour > peers.max) {
    peers.second = peers.max;
    peers.max = hour;
    peers.busiest = key;
  } else if (hour > peers.second) peers.second = hour;
};
