import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { CATALOGUE } from '../detectors/catalogue.ts';
import { BruteForceWatcher } from '../detectors/brute-force/brute-force.watcher.ts';
import { ErrorSpikeWatcher } from '../detectors/error-spike/error-spike.watcher.ts';
import type { Blame } from '../detectors/error-spike/shared-blame.ts';
import { RequestSpikeWatcher } from '../detectors/request-spike/request-spike.watcher.ts';
import type { CallerProfile } from '../knowledge/caller-profile.ts';
import { Knowledge } from '../knowledge/knowledge.ts';
import { RuleSet } from '../rules/rule-set.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { BucketCounts } from '../windows/bucket-counts.ts';
import { CallerSlab } from '../windows/caller-slab.ts';
import { BUCKET_MS, bucketOf, WINDOW_BUCKETS } from '../windows/time.ts';
import { callerKeyOf, groupNameOf } from './caller-key.ts';
import { Exclusions, isServerError, windowTime, type Exclusion } from './event-facts.ts';
import { PeerGroups } from './peer-groups.ts';
import { NO_CONTROLS, type DetectionControls } from './controls.ts';
import { CurrentCaller } from './current-caller.ts';
import type { DetectorDefinition, DetectorScope } from './detector.ts';
import { HeldHabits } from './held-habits.ts';
import type { Watcher } from './watcher.ts';
import { Watchers, type Watching } from './watchers.ts';

/** Time that other findings explain a caller's traffic for; ms. */
const EXPLAINS_FOR_MS = 600_000;
const MAX_EXPLAINED = 50_000;

export interface EngineCounts {
  observed: number;
  late: number;
  excluded: Record<Exclusion, number>;
}

export interface EngineOptions {
  /** Default true: findings on services come from the events. False where a process sees only a part of them. */
  readonly reportsServices?: boolean;
  /** Absent: all. */
  readonly scopes?: readonly DetectorScope[];
  readonly controls?: DetectionControls;
  readonly rules?: RuleSet;
  /** A consumer or credential is seen for the first time since start: what the store knows of it is to be read. */
  readonly onNewProfile?: (event: ApiEvent, key: string, profile: CallerProfile) => void;
  /** Another set than the catalogue's; for the bench and for `outrider backtest`. */
  readonly catalogue?: readonly DetectorDefinition[];
}

/** Event time between two ticks; ms. */
const TICK_MS = 10_000;

/**
 * All detectors over one stream of events. Driven by event time alone: the same events in the same order give the same findings,
 * however they are cut into batches. Calls must not overlap; `EventIngest` sees to that.
 */
export class DetectionEngine {
  readonly counts: EngineCounts = { observed: 0, late: 0, excluded: { preflight: 0, 'health-check': 0 } };
  readonly #slab: CallerSlab;
  readonly #peers = new PeerGroups();
  readonly #exclusions: Exclusions;
  readonly knowledge: Knowledge;
  /** False where this process sees only a part of the callers: what compares them would be wrong. */
  tellsEstate = true;
  /** What is observed is the past of some lanes while others are in the present: only what follows one caller learns from it. */
  recallsPast = false;
  readonly #watchers: Watchers;
  readonly #controls: DetectionControls;
  #rules: RuleSet;
  #nextTick = Number.NEGATIVE_INFINITY;
  readonly #errors: ErrorSpikeWatcher;
  readonly #spikes: RequestSpikeWatcher | undefined;
  readonly #current: CurrentCaller;
  readonly #held = new HeldHabits();
  /** Newest event time by lane: lanes are read at their own pace. */
  readonly #newest = new Map<number, number>();
  /** Callers with a guessing or probing finding → event time until which it explains refused requests. */
  readonly #explained = new BoundedMap<{ until: number }>(MAX_EXPLAINED);
  readonly #refused: BoundedMap<BucketCounts>;
  readonly #serverErrors: BoundedMap<BucketCounts>;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: DetectSettings,
    baselines: BaselineSource,
    options: EngineOptions = {},
  ) {
    this.#slab = new CallerSlab(settings.maxCallers, (slot) => this.#forget(slot));
    this.#exclusions = new Exclusions(settings);
    this.knowledge = new Knowledge(settings, options.onNewProfile);
    this.#current = new CurrentCaller(this.#slab, this.knowledge);
    this.#controls = options.controls ?? NO_CONTROLS;
    this.#rules = options.rules ?? RuleSet.compile([]);
    this.#refused = new BoundedMap(settings.maxFailingCallers);
    this.#serverErrors = new BoundedMap(settings.maxFailingCallers);
    const bruteForce = new BruteForceWatcher(settings.bruteForce, settings.maxFailingCallers);
    this.#errors = new ErrorSpikeWatcher(settings.errorSpike, settings.maxFailingCallers, {
      elsewhere: (event) => bruteForce.isLogin(event),
      reportsServices: options.reportsServices ?? true,
    });
    const own: Partial<Record<string, Watcher>> = { 'brute-force': bruteForce, 'error-spike': this.#errors };
    this.#watchers = new Watchers(this.#watching(options, own));
    if (settings.requestSpike.enabled)
      this.#spikes = new RequestSpikeWatcher(
        settings.requestSpike,
        this.#slab,
        this.#peers,
        baselines,
        this,
        settings.maxBaselines,
      );
  }

  get callers(): number {
    return this.#slab.size;
  }

  /** What bounds made the engine forget, by what it held. */
  get evicted(): Readonly<Record<string, number>> {
    return {
      callers: this.#slab.evicted,
      baselines: this.#spikes?.evicted ?? 0,
      failures: this.#watchers.evicted,
      'rule-groups': this.#rules.evicted,
      ...this.knowledge.evicted,
    };
  }

  /** What detectors hold of these lanes begins there; -Infinity: with their first event. */
  heldFrom(lanes: readonly number[], at: number): void {
    this.#held.from(lanes, at);
  }

  /** Findings that were not made because of it. */
  get unheld(): number {
    return this.#held.unheld;
  }

  /** Newest event time seen; -Infinity before the first event. */
  get watermark(): number {
    return this.#watermark;
  }

  /** A finding that blames a caller for what others may have as well, and what it rests on. */
  blameOf(finding: Finding): Blame | undefined {
    return this.#errors.blameOf(finding);
  }

  /** Newest event time of a lane; -Infinity before its first event. */
  newestOf(lane: number): number {
    return this.#newest.get(lane) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Forgets all callers of these lanes: somebody else watches them now. What holds for everybody stays: credentials and paths that ever
   * worked.
   */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#slab.forgetLanes(lanes);
    for (const { watcher } of this.#watchers.all) watcher.forgetLanes(lanes);
    this.#rules.forgetLanes(lanes);
    this.knowledge.forgetLanes(lanes);
    this.#held.forgetLanes(lanes);
    this.#spikes?.forgetLanes(lanes);
    for (const map of [this.#explained, this.#refused, this.#serverErrors]) map.forgetLanes(lanes);
    for (const lane of lanes) this.#newest.delete(lane);
  }

  /** Findings of one event (of lane `lane`: events of one caller share a lane). Mostly none, at once. */
  async observe(event: ApiEvent, lane: number, findings: Finding[]): Promise<void> {
    const due = this.observeNow(event, lane, findings);
    if (due !== undefined) await this.settle(due, event, findings);
  }

  /** The synchronous part of `observe`; what it returns must be given to `settle` before the next event. */
  observeNow(event: ApiEvent, lane: number, findings: Finding[]): number | undefined {
    const excluded = this.#exclusions.of(event);
    if (excluded !== undefined) {
      this.counts.excluded[excluded]++;
      return undefined;
    }
    const at = windowTime(event);
    if (!this.#admit(at, lane)) return undefined;
    this.counts.observed++;
    const key = callerKeyOf(event);
    const bucket = bucketOf(at);
    const slot = this.#count(event, key, bucket, lane);
    if (isProbeAnswer(event.status)) this.#refused.getOrMake(key, () => new BucketCounts(), lane).add(at);
    if (isServerError(event.status)) this.#serverErrors.getOrMake(key, () => new BucketCounts(), lane).add(at);
    const caller = this.#current.of(event, key, slot, at, lane);
    const before = findings.length;
    for (const watching of this.#watchers.of(event.status)) {
      if (this.recallsPast && watching.scope === 'estate') continue;
      const draft = watching.watcher.observe(event, at, caller);
      if (draft !== undefined) this.#found(watching, draft, event, at, findings);
    }
    if (!this.recallsPast) this.#rules.observe(event, at, lane, findings);
    if (findings.length > before) this.#tell(event, at, before, findings);
    caller.learn();
    if (this.#watermark >= this.#nextTick && !this.recallsPast) this.tick(this.#horizon(), findings);
    return this.#spikes?.isDue(slot, key, event, at) ? slot : undefined;
  }

  async settle(slot: number, event: ApiEvent, findings: Finding[]): Promise<void> {
    const at = windowTime(event);
    const draft = await this.#spikes?.look(slot, callerKeyOf(event), event, at);
    if (!draft) return;
    const before = findings.push(draft) - 1;
    this.#tell(event, at, before, findings);
  }

  /** Event time has come to `now` in all lanes. Without calls the events themselves move it on. */
  tick(now: number, findings: Finding[]): void {
    this.#nextTick = Math.max(now, this.#watermark) + TICK_MS;
    const found: Finding[] = [];
    for (const { watcher, scope } of this.#watchers.ticking)
      if (this.#tellsOf(scope)) found.push(...(watcher.tick?.(now) ?? []));
    this.#rules.tick(now, found);
    for (const finding of found) {
      const told = this.#controls.pass(finding, undefined);
      if (told) findings.push(told);
    }
  }

  /** Other rules from now on; those that are the same keep what they have counted. */
  useRules(compile: (previous: RuleSet) => RuleSet): void {
    this.#rules = compile(this.#rules);
  }

  get rules(): RuleSet {
    return this.#rules;
  }

  /** Types of the detectors that can say what they make of a single event. */
  get explaining(): ReadonlySet<string> {
    return new Set(this.#watchers.all.flatMap(({ type, watcher }) => (watcher.explain ? [type] : [])));
  }

  /** What each detector makes of an event that was just observed; only what concerns it. */
  explain(event: ApiEvent, lane: number): { readonly type: string; readonly says: string }[] {
    const at = windowTime(event);
    const key = callerKeyOf(event);
    const slot = this.#slab.find(key);
    if (slot === undefined) return [];
    const caller = this.#current.of(event, key, slot, at, lane);
    return this.#watchers.all.flatMap(({ type, watcher }) => {
      const says = watcher.explain?.(event, at, caller);
      return says === undefined ? [] : [{ type, says }];
    });
  }

  #watching(options: EngineOptions, own: Partial<Record<string, Watcher>>): Watching[] {
    const scopes = options.scopes ?? ['caller', 'estate'];
    return (options.catalogue ?? CATALOGUE).flatMap((definition): Watching[] => {
      const base = settingsOf(this.settings, definition);
      if (!base.enabled || !scopes.includes(definition.scope)) return [];
      const deps = {
        settings: this.#controls.tuned(definition, base),
        maxCallers: this.settings.maxFailingCallers,
        knowledge: this.knowledge,
      };
      // `base` is what the definition's own schema parsed
      const watcher = own[definition.type] ?? definition.make?.(deps as never);
      const { type, scope, explainsRefusals, learnsHours } = definition;
      return watcher === undefined ? [] : [{ type, scope, explainsRefusals, learnsHours, watcher }];
    });
  }

  #tellsOf(scope: DetectorScope): boolean {
    return scope === 'caller' || this.tellsEstate;
  }

  #found(watching: Watching, draft: Finding, event: ApiEvent, at: number, findings: Finding[]): void {
    if (!this.#tellsOf(watching.scope) || this.#held.isBlind(watching.learnsHours, this.#current, at)) return;
    if (watching.explainsRefusals) this.#explain(this.#current.key, at, this.#current.lane);
    findings.push(draft);
  }

  /** From `before` on: findings of this event, past what people decided, and then for the detectors that go by findings. */
  #tell(event: ApiEvent, at: number, before: number, findings: Finding[]): void {
    const told = findings.splice(before).flatMap((finding) => this.#controls.pass(finding, event) ?? []);
    for (const { watcher } of this.#watchers.hearing)
      for (const finding of [...told]) {
        const draft = watcher.heard?.(finding, event, at, this.#current);
        const passed = draft && this.#controls.pass(draft, event);
        if (passed) told.push(passed);
      }
    findings.push(...told);
  }

  /** Event time that all lanes have come to. */
  #horizon(): number {
    let least = this.#watermark;
    for (const at of this.#newest.values()) if (at < least) least = at;
    return least;
  }

  /** For the spike rule: refused requests of a caller that is known to guess or probe, as a share of its window. */
  explainedShare(key: string, bucket: number, windowSum: number): number {
    const explained = this.#explained.peek(key);
    if (!explained || explained.until < bucket * BUCKET_MS || windowSum === 0) return 0;
    return (this.#refused.peek(key)?.sum(bucket - WINDOW_BUCKETS + 1, bucket) ?? 0) / windowSum;
  }

  serverErrorShare(slot: number, bucket: number, windowSum: number): number {
    const errors = this.#serverErrors.peek(this.#slab.keyOf(slot));
    return errors && windowSum > 0 ? errors.sum(bucket - WINDOW_BUCKETS + 1, bucket) / windowSum : 0;
  }

  #admit(at: number, lane: number): boolean {
    const newest = this.#newest.get(lane) ?? Number.NEGATIVE_INFINITY;
    if (at > newest) this.#newest.set(lane, at);
    else if (at < newest - this.settings.maxLateMs) {
      this.counts.late++;
      return false;
    }
    if (at > this.#watermark) this.#watermark = at;
    return true;
  }

  #count(event: ApiEvent, key: string, bucket: number, lane: number): number {
    const slab = this.#slab;
    const known = slab.find(key);
    if (known !== undefined) {
      const head = slab.head[known] ?? 0;
      if (bucket > head) {
        this.#updateBusiest(known, head);
        this.#spikes?.beforeAdvance(known, key, head, bucket);
      }
    }
    const slot = slab.touch(key, bucket, known === undefined ? this.#peers.idOf(groupNameOf(event)) : 0, lane);
    slab.count(slot, bucket);
    return slot;
  }

  #updateBusiest(slot: number, head: number): void {
    const slab = this.#slab;
    const sum = slab.windowSum[slot] ?? 0;
    const busiest = slab.busiest[slot] ?? 0;
    if (sum <= busiest || slab.isAttack(slot, head)) return;
    this.#peers.move(slab.group[slot] ?? 0, busiest, sum);
    slab.busiest[slot] = sum;
  }

  #forget(slot: number): void {
    this.#peers.move(this.#slab.group[slot] ?? 0, this.#slab.busiest[slot] ?? 0, 0);
  }

  #explain(key: string, at: number, lane: number): void {
    this.#explained.set(key, { until: at + EXPLAINS_FOR_MS }, lane);
  }
}

/** What guessing and probing are answered with. */
const isProbeAnswer = (status: number): boolean =>
  status === 400 || status === 401 || status === 403 || status === 404 || status === 422;
