import type { EnforcementState } from '@outrider/domain/response/enforcement';
import { LIVE_STATES } from '@outrider/domain/response/admission';
import type { Metrics } from '@outrider/platform/metrics';

/** What the stage counts. Every label value is a fixed slug. */
export class RespondMetrics {
  readonly reached: (state: EnforcementState) => void;
  readonly liveBy: (counts: Readonly<Partial<Record<EnforcementState, number>>>) => void;
  /** Seconds from the row's making until it was read back from Kong. */
  readonly applied: (seconds: number) => void;
  readonly retried: (what: 'apply' | 'verify' | 'lift', reason: string) => void;
  /** `orphan-removed`, `orphan-unknown`, `missing`, `share-rewritten`. */
  readonly swept: (finding: string) => void;
  readonly delivered: (outcome: string) => void;

  constructor(metrics: Metrics) {
    const reached = metrics.counter('outrider_respond_enforcements_total', 'Enforcements by the state they came into', [
      'state',
    ]);
    const live = metrics.gauge(
      'outrider_respond_enforcements_live',
      'Enforcements that hold something in Kong, by state',
      ['state'],
    );
    const applied = metrics.histogram('outrider_respond_apply_seconds', 'From decision until read back from Kong', []);
    const retried = metrics.counter('outrider_respond_retries_total', 'Attempts that will be made again', [
      'kind',
      'reason',
    ]);
    const swept = metrics.counter('outrider_respond_sweep_total', 'What the sweep of Kong found', ['finding']);
    const delivered = metrics.counter('outrider_respond_deliveries_total', 'Webhook attempts by outcome', ['outcome']);
    this.reached = (state) => reached({ state });
    this.liveBy = (counts) => LIVE_STATES.forEach((state) => live({ state }, counts[state] ?? 0));
    this.applied = (seconds) => applied({}, seconds);
    this.retried = (kind, reason) => retried({ kind, reason });
    this.swept = (finding) => swept({ finding });
    this.delivered = (outcome) => delivered({ outcome });
  }
}
