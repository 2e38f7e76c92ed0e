import type { Finding } from '@outrider/domain/detection/alert';
import type { Metrics } from '@outrider/platform/metrics';
import type { DetectionEngine } from '../engine/detection-engine.ts';

/** What the stage counts. Labels are fixed slugs and gateway ids. */
export class IngestMetrics {
  readonly #events;
  readonly #duplicates;
  readonly #redelivered;
  readonly #echoes;
  readonly #findings;
  readonly #alerts;
  readonly #deadLetters;
  readonly #rows;
  readonly #storeSeconds;
  readonly #storeRetries;
  readonly #lag;
  readonly #excluded;
  readonly #evicted;
  readonly #refusedFindings;
  readonly #refusedMessages;
  readonly #sharedBlames;
  readonly #takeovers;
  readonly #recoverySeconds;
  readonly #relearned;
  readonly #estateEvents;
  readonly #estateGaps;
  readonly #unheld;
  /** What of the engine's running totals has been counted, by reason. */
  readonly #counted = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.#events = metrics.counter('outrider_detect_events_total', 'Events taken from the bus');
    this.#duplicates = metrics.counter(
      'outrider_detect_duplicates_total',
      'Events whose id was seen before: neither stored nor observed',
      ['gateway'],
    );
    this.#redelivered = metrics.counter(
      'outrider_detect_redelivered_total',
      'Events of messages that came again: stored under the same token, not observed',
    );
    this.#echoes = metrics.counter(
      'outrider_detect_block_echo_total',
      'Refusals that our own enforcements caused: stored, not observed',
    );
    this.#findings = metrics.counter('outrider_detect_findings_total', 'Findings of the detectors', ['type']);
    this.#alerts = metrics.counter('outrider_detect_alerts_total', 'Changes of alerts', ['type', 'change']);
    this.#deadLetters = metrics.counter('outrider_detect_dead_letters_total', 'Dead letters stored');
    this.#rows = metrics.counter('outrider_detect_stored_rows_total', 'Events stored');
    this.#storeSeconds = metrics.histogram(
      'outrider_detect_store_seconds',
      'Time to store one block of events, retries included',
    );
    this.#storeRetries = metrics.counter(
      'outrider_detect_store_retries_total',
      'Attempts to store that failed and were made again',
    );
    this.#lag = metrics.histogram('outrider_detect_lag_seconds', 'Event time to detection, by message');
    this.#excluded = metrics.counter(
      'outrider_detect_excluded_total',
      'Events stored but not observed: `late` (too old for the windows), `preflight`, `health-check`; `untaught`: not learned after a restart, of time that must not teach',
      ['reason'],
    );
    this.#evicted = metrics.counter(
      'outrider_detect_evicted_total',
      'Forgotten because of a bound: `callers`, `baselines`, `failures`',
      ['what'],
    );
    this.#refusedFindings = metrics.counter(
      'outrider_detect_refused_findings_total',
      'Findings that became no alert: too many are open and none could be ended',
    );
    this.#refusedMessages = metrics.counter(
      'outrider_detect_refused_messages_total',
      'Messages of partitions that this process had lost or not rebuilt: neither stored nor observed here, they come again',
    );
    this.#sharedBlames = metrics.counter(
      'outrider_detect_shared_blames_total',
      'Findings on callers that were dropped, because callers of other processes fail at the same service as well',
    );
    this.#takeovers = metrics.counter(
      'outrider_detect_takeovers_total',
      'Partitions that this process took over, its own at start included',
    );
    this.#recoverySeconds = metrics.histogram(
      'outrider_detect_recovery_seconds',
      'Time to rebuild the memory of the partitions that were taken over together',
    );
    this.#unheld = metrics.counter(
      'outrider_detect_unheld_total',
      'Findings of detectors that go by habits on callers whose habits reach back further than what was replayed',
    );
    this.#estateEvents = metrics.counter(
      'outrider_detect_estate_events_total',
      'Stored events that the leader gave to the detectors that compare callers',
    );
    this.#estateGaps = metrics.counter(
      'outrider_detect_estate_gap_seconds_total',
      'Time of which such events were left out, because more came than the leader can look at',
    );
    this.#relearned = metrics.counter(
      'outrider_detect_relearned_total',
      'Stored events that were observed again when partitions were taken over',
    );
  }

  /** Read at each scrape. */
  watch(
    metrics: Metrics,
    engine: DetectionEngine,
    extra: { pendingRows(): number; openAlerts(): number; rememberedIds(): number; partitions(): number },
  ): void {
    metrics.gaugeOf('outrider_detect_callers', 'Callers whose short windows are in memory', () => engine.callers);
    metrics.gaugeOf('outrider_detect_partitions', 'Partitions that this process watches', () => extra.partitions());
    metrics.gaugeOf('outrider_detect_pending_rows', 'Rows that wait to be stored', () => extra.pendingRows());
    metrics.gaugeOf(
      'outrider_detect_open_alerts',
      'Alerts that are not resolved and that this process looks after',
      () => extra.openAlerts(),
    );
    metrics.gaugeOf('outrider_detect_remembered_ids', 'Event ids remembered to recognise duplicates', () =>
      extra.rememberedIds(),
    );
  }

  observed(events: number, lagSeconds: number): void {
    this.#events({}, events);
    this.#lag({}, Math.max(0, lagSeconds));
  }

  /** Once a message: counts what the engine has left out and forgotten since the last time. */
  leftOut(engine: Pick<DetectionEngine, 'counts' | 'evicted' | 'unheld'>): void {
    const { late, untaught, excluded } = engine.counts;
    for (const [reason, total] of Object.entries({ late, untaught, ...excluded }))
      this.#grown(reason, total, (by) => this.#excluded({ reason }, by));
    this.#grown('unheld', engine.unheld, (by) => this.#unheld({}, by));
    for (const [what, total] of Object.entries(engine.evicted))
      this.#grown(what, total, (by) => this.#evicted({ what }, by));
  }

  #grown(name: string, total: number, count: (by: number) => void): void {
    const by = total - (this.#counted.get(name) ?? 0);
    if (by <= 0) return;
    this.#counted.set(name, total);
    count(by);
  }

  relearned(events: number): void {
    if (events > 0) this.#relearned({}, events);
  }

  estateRound({ events, gapMs }: { readonly events: number; readonly gapMs: number }): void {
    this.#estateEvents({}, events);
    if (gapMs > 0) this.#estateGaps({}, gapMs / 1000);
  }

  tookOver(partitions: number, seconds: number): void {
    this.#takeovers({}, partitions);
    this.#recoverySeconds({}, seconds);
  }

  sharedBlame(): void {
    this.#sharedBlames();
  }

  refusedMessage(): void {
    this.#refusedMessages();
  }

  refusedFinding(): void {
    this.#refusedFindings();
  }

  duplicate(gateway: string): void {
    this.#duplicates({ gateway });
  }

  redelivered(): void {
    this.#redelivered();
  }

  blockEcho(): void {
    this.#echoes();
  }

  findings(findings: readonly Finding[]): void {
    for (const { type } of findings) this.#findings({ type });
  }

  alert(type: string, change: string): void {
    this.#alerts({ type, change });
  }

  deadLetters(n: number): void {
    this.#deadLetters({}, n);
  }

  stored(rows: number, seconds: number): void {
    this.#rows({}, rows);
    this.#storeSeconds({}, seconds);
  }

  storeRetry(): void {
    this.#storeRetries();
  }
}
