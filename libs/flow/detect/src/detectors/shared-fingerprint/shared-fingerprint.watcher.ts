import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { keyThievesOf, type KeyThieves } from '../leaked-credential/key-thieves.ts';
import { counted } from '../leaked-credential/stranger-words.ts';
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

  readonly #thieves: KeyThieves;
  /** Beginning of the log, all tenants together; ms. */
  #since = Number.POSITIVE_INFINITY;

  constructor({ settings, maxCallers, knowledge }: DetectorDeps<SharedFingerprintSettings>) {
    this.#settings = settings;
    this.#thieves = keyThievesOf(knowledge);
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
    if (at < this.#since) this.#since = at;
    if (this.#thieves.held === event) return this.#leaked(event, at, caller);
    if (caller.profile === undefined) {
      if (event.status === 401 || event.status === 403) this.#known(event)?.refused(at);
      return undefined;
    }
    // the same caller at the same address as just before: nothing new in it, and no look-up
    const known = caller.profile.latestIp === event.clientIp && !caller.profile.varies ? undefined : this.#known(event);
    if (known === undefined && caller.profile.latestIp === event.clientIp) return undefined;
    const host = known ?? this.#make(event, at);
    if (event.status === 401 || event.status === 403) host.refused(at);
    if (host.latest === caller.key && host.evidence === undefined) return undefined;
    const s = this.#settings.of(event);
    host.came(event, at, caller, s.minHistoryRequests);
    if (host.guests < s.newCallers - 2) return undefined;
    host.noted(event, at);
    if (host.guests < s.newCallers || at < host.reportedAt + REPORT_EVERY_MS) return undefined;
    return this.#judged(host, s, event, at, caller);
  }

  /** One key after the other, each for long: there are never many within ten minutes. */
  heard(finding: Finding, event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    return finding.type !== 'leaked-credential' || finding.simulated ? undefined : this.#leaked(event, at, caller);
  }

  #leaked(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const host = this.#known(event) ?? this.#make(event, at);
    host.leaked(caller.key, at);
    host.noted(event, at);
    return at < host.reportedAt + REPORT_EVERY_MS
      ? undefined
      : this.#judged(host, this.#settings.of(event), event, at, caller);
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
  #make(event: ApiEvent, at: number): Host {
    const made = new Host(event.tenant, at - this.#since);
    this.#hosts.set(event.clientIp, made);
    return made;
  }

  #judged(host: Host, s: SharedFingerprintSettings, event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const view = host.view(at);
    const verdict = judgeHost(view, s);
    if (!verdict) return undefined;
    host.reportedAt = at;
    this.#thieves.told(event, at);
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
  `${ip} used the credentials of ${verdict.callers} callers within ${view.leaked >= verdict.callers ? 'an hour' : '10 min'} with one client (${verdict.limit} are too many); ` +
  `${knownOf(view)}${view.refused > 0 ? `, and ${view.refused} requests were refused` : ''}. ` +
  `${view.habit === 0 ? 'Nobody' : counted(view.habit, 'other caller')} used the address before. Somebody tries out a collection of keys: block the address, and replace those that it used.`;

const knownOf = ({ strangers, unknown, leaked, homes, elsewhere, homesElsewhere, torn }: HostView): string => {
  if (strangers > 0 && homes > 0)
    return `${strangers} of them are known from ${homes} other networks and never used this one nor this client`;
  if (elsewhere > 0)
    return `${elsewhere} of them were seen in ${homesElsewhere} networks of their own and never in this one${torn > 0 ? `, ${torn} of them at home again meanwhile` : ''}`;
  return leaked > 0
    ? 'each of these was never used from there'
    : `of ${unknown} nothing is known, and the address is new`;
};
