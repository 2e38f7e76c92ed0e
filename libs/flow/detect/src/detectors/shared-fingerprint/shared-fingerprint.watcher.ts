import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { Host, HOST_WINDOW_MS } from './host.ts';
import {
  judgeHost,
  SHARED_FINGERPRINT_VERSION,
  type HostVerdict,
  type HostView,
} from './shared-fingerprint.detector.ts';
import type { SharedFingerprintSettings } from './shared-fingerprint.settings.ts';

export class SharedFingerprintWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #hosts: BoundedMap<Host>;
  readonly #settings: Tuned<SharedFingerprintSettings>;

  constructor({ settings, maxCallers }: DetectorDeps<SharedFingerprintSettings>) {
    this.#settings = settings;
    this.#hosts = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#hosts.evicted;
  }

  /** Addresses are everybody's: they stay. */
  forgetLanes(): void {
    // nothing is kept by lane
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (caller.profile === undefined) {
      if (event.status === 401 || event.status === 403) this.#known(event)?.refused(at);
      return undefined;
    }
    // the same caller at the same address as just before: nothing new in it, and no look-up
    const known = caller.profile.latestIp === event.clientIp && !caller.profile.varies ? undefined : this.#known(event);
    if (known === undefined && caller.profile.latestIp === event.clientIp) return undefined;
    const host = known ?? this.#make(event);
    if (event.status === 401 || event.status === 403) host.refused(at);
    if (host.latest === caller.key && host.evidence === undefined) return undefined;
    const s = this.#settings.of(event);
    host.came(event, at, caller, s.minHistoryRequests);
    if (host.guests < s.newCallers - 2) return undefined;
    host.evidence ??= new Evidence();
    host.evidence.add(event, at);
    if (host.guests < s.newCallers || at < host.reportedAt + REPORT_EVERY_MS) return undefined;
    return this.#judged(host, s, event, at, caller);
  }

  explain(event: ApiEvent, at: number): string | undefined {
    const view = this.#known(event)?.view(at);
    const verdict = view && judgeHost(view, this.#settings.of(event));
    return view && verdict && saysOf(event.clientIp, view, verdict);
  }

  #known(event: ApiEvent): Host | undefined {
    const host = this.#hosts.get(event.clientIp);
    return host?.tenant === event.tenant ? host : undefined;
  }

  /** Two tenants behind one address: the later one has it. */
  #make(event: ApiEvent): Host {
    const made = new Host(event.tenant);
    this.#hosts.set(event.clientIp, made);
    return made;
  }

  #judged(host: Host, s: SharedFingerprintSettings, event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const view = host.view(at);
    const verdict = judgeHost(view, s);
    if (!verdict) return undefined;
    host.reportedAt = at;
    return findingOf({
      event,
      entity: { kind: 'ip', id: event.clientIp, name: event.clientIp },
      type: 'shared-fingerprint',
      version: SHARED_FINGERPRINT_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - HOST_WINDOW_MS,
      observed: { metric: 'callers behind one client', value: verdict.callers, unit: 'in 10 min' },
      expected: { low: 0, high: verdict.limit - 1, mean: view.habit, n: view.habit, p: 1, warmUp: caller.warmUp },
      explanation: saysOf(event.clientIp, view, verdict),
      evidence: host.evidence,
    });
  }
}

const saysOf = (ip: string, view: HostView, verdict: HostVerdict): string =>
  `${ip} used the credentials of ${verdict.callers} callers within 10 min with one client (${verdict.limit} are too many); ` +
  `${view.strangers} of them are known from ${view.homes} other networks and never used this one nor this client` +
  `${view.refused > 0 ? `, and ${view.refused} requests were refused` : ''}. Before, ${view.habit} caller(s) used the address. ` +
  `Somebody tries out a collection of keys.`;
