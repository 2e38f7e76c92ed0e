import type { ConfigChangeKind } from '@outrider/domain/gateway/config-change';
import type { Metrics } from '@outrider/platform/metrics';

/**
 * `learned`: the first one; `failed`: away, or half an answer; `empty`: a node without a database and without its configuration; `put-off`: the
 * process handed its role over in the middle.
 */
export type ReadOutcome = 'complete' | 'learned' | 'failed' | 'empty' | 'put-off';

/** What the looks at the gateways came to. */
export class WatchMetrics {
  readonly #reads;
  readonly #changes;

  constructor(metrics: Metrics) {
    this.#reads = metrics.counter(
      'outrider_detect_gateway_looks_total',
      "Looks at gateways' configurations: `complete`, `learned`, `failed`, `empty`, `put-off`",
      ['outcome'],
    );
    this.#changes = metrics.counter(
      'outrider_detect_gateway_changes_total',
      "Weakening changes of gateways' configurations, by kind",
      ['kind'],
    );
  }

  read(outcome: ReadOutcome): void {
    this.#reads({ outcome });
  }

  change(kind: ConfigChangeKind): void {
    this.#changes({ kind });
  }
}
