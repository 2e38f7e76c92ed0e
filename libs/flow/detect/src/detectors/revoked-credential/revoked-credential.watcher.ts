import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { sqlText } from '../../engine/query-text.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { KeyHistory } from './key-history.ts';
import {
  judgeRevoked,
  REVOKED_CREDENTIAL_VERSION,
  type RevokedVerdict,
  type RevokedView,
} from './revoked-credential.detector.ts';
import type { RevokedCredentialSettings } from './revoked-credential.settings.ts';

const MAX_TENANTS = 1_000;

/** Remembers credentials that worked by their fingerprints, and where; adds up refusals of them over all addresses. */
export class RevokedCredentialWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  /** By tenant, then by fingerprint: no key has to be made for each event. */
  readonly #tenants = new BoundedMap<BoundedMap<KeyHistory>>(MAX_TENANTS);
  #tenant = '';
  #keys: BoundedMap<KeyHistory> | undefined;

  constructor(private readonly deps: Pick<DetectorDeps<RevokedCredentialSettings>, 'settings' | 'maxCallers'>) {}

  get evicted(): number {
    return this.#keys?.evicted ?? 0;
  }

  /** What was added up over all callers cannot be taken apart. */
  forgetLanes(): void {}

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const print = event.credentialFingerprint;
    if (print === '') return undefined;
    if (event.status === 401) return event.credentialId === '' ? this.#refused(event, at, caller, print) : undefined;
    // Only Kong's own credentials: what upstreams check themselves is mostly tokens, which end by themselves.
    if (event.credentialId === '') return undefined;
    const keys = this.#keysOf(event.tenant);
    let history = keys.get(print);
    if (history === undefined) {
      history = new KeyHistory();
      keys.set(print, history);
    }
    history.worked(event, at, caller);
    return undefined;
  }

  explain(event: ApiEvent, at: number): string | undefined {
    if (event.status !== 401 || event.credentialFingerprint === '') return undefined;
    const history = this.#keysOf(event.tenant).peek(event.credentialFingerprint);
    if (!history) return undefined;
    const { elsewhere, atHome, good, networks } = viewOf(history, at);
    return `The credential was accepted ${good} times from ${networks} networks until ${new Date(history.lastGoodAt).toISOString()}; refused in the last hour ${atHome} times there and ${elsewhere} times elsewhere (${this.deps.settings.of(event).minRefused} elsewhere are told).`;
  }

  #keysOf(tenant: string): BoundedMap<KeyHistory> {
    if (this.#keys !== undefined && tenant === this.#tenant) return this.#keys;
    this.#tenant = tenant;
    this.#keys = this.#tenants.getOrMake(tenant, () => new BoundedMap(this.deps.maxCallers));
    return this.#keys;
  }

  #refused(event: ApiEvent, at: number, caller: Caller, print: string): Draft | undefined {
    const history = this.#keysOf(event.tenant).get(print);
    if (history === undefined || at < history.lastGoodAt) return undefined;
    const refusals = (history.refusals ??= { evidence: new Evidence(), reportedAt: Number.NEGATIVE_INFINITY });
    history.refused(event, at, caller);
    refusals.evidence.add(event, at);
    if (at < refusals.reportedAt + REPORT_EVERY_MS) return undefined;
    const view = viewOf(history, at);
    const verdict = judgeRevoked(view, this.deps.settings.of(event));
    if (!verdict) return undefined;
    // The finding is told by an event from the place that it is about.
    if (verdict.place === 'elsewhere' && history.isHome(event, caller)) return undefined;
    refusals.reportedAt = at;
    return revokedFinding(event, at, caller, history, view, verdict, refusals.evidence);
  }
}

const viewOf = (history: KeyHistory, at: number): RevokedView => ({
  good: history.good,
  ageHours: (history.lastGoodAt - history.firstGoodAt) / HOUR_MS,
  networks: history.networks,
  ...history.refusedSince(at - HOUR_MS),
  stoppedDays: (at - history.lastGoodAt) / DAY_MS,
});

const revokedFinding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  history: KeyHistory,
  view: RevokedView,
  verdict: RevokedVerdict,
  evidence: Evidence,
): Draft => {
  const whose = history.consumerName === '' ? 'A credential' : `A credential of ${history.consumerName}`;
  const where =
    verdict.place === 'elsewhere'
      ? `from where it was never used (${event.clientIp}; before: ${view.networks} ${view.networks === 1 ? 'network' : 'networks'}). Somebody else holds it, and may hold more: block the address, and replace what was kept beside it`
      : 'from its own places. A program was forgotten when it was replaced: tell its owner';
  const finding = findingOf({
    event,
    entity: { kind: 'credential', id: history.credentialId, name: history.credentialId },
    type: 'revoked-credential',
    version: REVOKED_CREDENTIAL_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: Math.max(history.lastGoodAt, at - HOUR_MS),
    observed: { metric: 'refusals of a credential that used to work', value: verdict.refused, unit: 'in 60 min' },
    expected: { low: 0, high: verdict.limit, mean: 0, n: view.good, p: 1, warmUp: caller.warmUp },
    explanation: `${whose} that was accepted ${view.good} times until ${new Date(history.lastGoodAt).toISOString()} has been refused ${verdict.refused} times in an hour ${where}.`,
    evidence,
    only: 'status = 401',
  });
  // A refused request has no credential of Kong, only what it presented.
  const presented = `credential_fingerprint = ${sqlText(event.credentialFingerprint)}`;
  return {
    ...finding,
    query: finding.query.replace(`credential_id = ${sqlText(history.credentialId)}`, () => presented),
  };
};
