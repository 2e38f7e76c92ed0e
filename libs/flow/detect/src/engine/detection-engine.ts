import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { ALL_TIME, teaches, type TeachingTimes } from '../baseline/teaching-time.ts';
import { CATALOGUE } from '../detectors/catalogue.ts';
import type { Blame } from '../detectors/error-spike/shared-blame.ts';
import type { CallerProfile } from '../knowledge/caller-profile.ts';
import { Knowledge } from '../knowledge/knowledge.ts';
import { RuleSet } from '../rules/rule-set.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { bucketOf } from '../windows/time.ts';
import { callerKeyOf } from './caller-key.ts';
import { CallerWindows } from './caller-windows.ts';
import { NO_CONTROLS, type DetectionControls } from './controls.ts';
import { CurrentCaller } from './current-caller.ts';
import type { DetectorDefinition, DetectorDeps, DetectorScope } from './detector.ts';
import { windowTime } from './event-facts.ts';
import { Exclusions, type Exclusion } from './exclusions.ts';
import { ExplainedTraffic } from './explained-traffic.ts';
import { HeldHabits } from './held-habits.ts';
import { PendingResets, type DueResets } from './pending-resets.ts';
import { Watchers, type Looking, type Watching } from './watchers.ts';

export interface EngineCounts {
  observed: number;
  late: number;
  /** Of the far past, of time that must not teach their caller. */
  untaught: number;
  excluded: Record<Exclusion, number>;
}

export interface EngineOptions {
  /** Default true: findings on services come from the events. False where a process sees only a part of them. */
  readonly reportsServices?: boolean;
  /** Absent: all. */
  readonly scopes?: readonly DetectorScope[];
  readonly controls?: DetectionControls;
  /** What people said about baselines; absent: everything teaches. */
  readonly teaching?: TeachingTimes;
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
  readonly counts: EngineCounts = { observed: 0, late: 0, untaught: 0, excluded: { preflight: 0, 'health-check': 0 } };
  readonly #windows: CallerWindows;
  readonly #exclusions: Exclusions;
  readonly #explained: ExplainedTraffic;
  readonly knowledge: Knowledge;
  /** False where this process sees only a part of the callers: what compares them would be wrong. */
  tellsEstate = true;
  /** What is observed is the past of some lanes while others are in the present: only what follows one caller learns from it. */
  recallsPast = false;
  readonly #watchers: Watchers;
  readonly #controls: DetectionControls;
  #rules: RuleSet;
  #nextTick = Number.NEGATIVE_INFINITY;
  readonly #blames = new WeakMap<Finding, Blame>();
  /** Those that are to look at the event that was observed last. */
  #due: readonly Looking[] = [];
  readonly #current: CurrentCaller;
  readonly #held = new HeldHabits();
  readonly #teaching: TeachingTimes;
  readonly #resets: PendingResets;
  /** Newest event time by lane: lanes are read at their own pace. */
  readonly #newest = new Map<number, number>();
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: DetectSettings,
    baselines: BaselineSource,
    options: EngineOptions = {},
  ) {
    const { teaching = ALL_TIME } = options;
    this.#teaching = teaching;
    this.#resets = new PendingResets(teaching);
    this.#windows = new CallerWindows(settings.maxCallers, teaching);
    this.#exclusions = new Exclusions(settings);
    this.#explained = new ExplainedTraffic(settings.maxFailingCallers);
    this.knowledge = new Knowledge(settings, options.onNewProfile, teaching);
    this.#current = new CurrentCaller(this.#windows.slab, this.knowledge);
    this.#controls = options.controls ?? NO_CONTROLS;
    this.#rules = options.rules ?? RuleSet.compile([]);
    this.#watchers = new Watchers(this.#watching(options, baselines));
  }

  get callers(): number {
    return this.#windows.slab.size;
  }

  /** What bounds made the engine forget, by what it held. */
  get evicted(): Readonly<Record<string, number>> {
    return {
      callers: this.#windows.slab.evicted,
      baselines: this.#watchers.evictedBaselines,
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
    return this.#blames.get(finding);
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
    this.#windows.slab.forgetLanes(lanes);
    for (const { watcher } of this.#watchers.all) watcher.forgetLanes(lanes);
    this.#rules.forgetLanes(lanes);
    this.knowledge.forgetLanes(lanes);
    this.#explained.forgetLanes(lanes);
    this.#held.forgetLanes(lanes);
    for (const lane of lanes) this.#newest.delete(lane);
  }

  /**
   * Forgets what detectors hold of these entities by themselves. Profiles, windows and endpoints begin anew with the next event of theirs; what
   * users' rules count stays.
   */
  forget({ gone, since }: DueResets): void {
    for (const { watcher } of this.#watchers.all) watcher.forget(gone);
    this.#explained.forget(gone);
    for (const [key, from] of since) this.#held.callerFrom(key, from, this.#watermark);
  }

  /** `observeNow` of an event of the far past. What must not teach its caller is taken into what is known of endpoints alone. */
  recallNow(event: ApiEvent, lane: number, findings: Finding[]): number | undefined {
    const key = callerKeyOf(event);
    if (teaches(this.#teaching.ofCaller(key), windowTime(event))) return this.observeNow(event, lane, findings);
    this.counts.untaught++;
    this.knowledge.learnEndpoint(event, windowTime(event), key);
    return undefined;
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
      if (excluded === 'health-check') for (const { watcher } of this.#watchers.checking) watcher.checked?.(event);
      return undefined;
    }
    const at = windowTime(event);
    if (!this.#admit(at, lane)) return undefined;
    const due = this.#resets.due(this.#watermark);
    if (due !== undefined) this.forget(due);
    this.counts.observed++;
    const key = callerKeyOf(event);
    const slot = this.#windows.count(event, key, bucketOf(at), lane, this.#watchers.lookouts);
    if (event.status >= 400) this.#explained.note(event.status, key, at, lane);
    const caller = this.#current.of(event, key, slot, at, lane);
    const before = findings.length;
    for (const watching of this.#watchers.of(event.status)) {
      if (this.recallsPast && watching.scope === 'estate') continue;
      const draft = watching.watcher.observe(event, at, caller);
      if (draft !== undefined) this.#found(watching, draft, at, findings);
    }
    if (!this.recallsPast) this.#rules.observe(event, at, lane, findings);
    if (findings.length > before) this.#tell(event, at, before, findings);
    caller.learn();
    if (this.#watermark >= this.#nextTick && !this.recallsPast) this.tick(this.#horizon(), findings);
    return this.#isLookDue(slot, event, at) ? slot : undefined;
  }

  async settle(slot: number, event: ApiEvent, findings: Finding[]): Promise<void> {
    const at = windowTime(event);
    const before = findings.length;
    for (const looking of this.#due) {
      const draft = await looking.lookout.look(slot, event, at, this.#current);
      if (draft !== undefined) this.#found(looking, draft, at, findings);
    }
    if (findings.length > before) this.#tell(event, at, before, findings);
  }

  #isLookDue(slot: number, event: ApiEvent, at: number): boolean {
    let due: Looking[] | undefined;
    for (const looking of this.#watchers.looking)
      if (looking.lookout.isDue(slot, event, at, this.#current)) (due ??= []).push(looking);
    if (due === undefined) return false;
    this.#due = due;
    return true;
  }

  /** Event time has come to `now` in all lanes. Without calls the events themselves move it on. */
  tick(now: number, findings: Finding[]): void {
    // who was reset is missed by nobody
    const due = this.#resets.due(Math.max(now, this.#watermark));
    if (due !== undefined) this.forget(due);
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

  /** There are no more events: whatever was held back to see what follows is told. */
  finish(findings: Finding[]): void {
    for (const { watcher, scope } of this.#watchers.all) {
      if (!this.#tellsOf(scope)) continue;
      for (const finding of watcher.finish?.() ?? []) {
        const told = this.#controls.pass(finding, undefined);
        if (told) findings.push(told);
      }
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
    const slot = this.#windows.slab.find(key);
    if (slot === undefined) return [];
    const caller = this.#current.of(event, key, slot, at, lane);
    return this.#watchers.all.flatMap(({ type, watcher }) => {
      const says = watcher.explain?.(event, at, caller);
      return says === undefined ? [] : [{ type, says }];
    });
  }

  #watching(options: EngineOptions, baselines: BaselineSource): Watching[] {
    const scopes = options.scopes ?? ['caller', 'estate'];
    const shared = {
      maxCallers: this.settings.maxFailingCallers,
      knowledge: this.knowledge,
      windows: this.#windows,
      explained: this.#explained,
      baselines,
      maxBaselines: this.settings.maxBaselines,
      teaching: options.teaching ?? ALL_TIME,
      reportsServices: options.reportsServices ?? true,
      blame: (finding, blame) => void this.#blames.set(finding, blame),
      tuned: (other) => this.#controls.tuned(other, settingsOf(this.settings, other)),
    } satisfies Omit<DetectorDeps<never>, 'settings'>;
    return (options.catalogue ?? CATALOGUE).flatMap((definition): Watching[] => {
      const base = settingsOf(this.settings, definition);
      if (!base.enabled || !scopes.includes(definition.scope)) return [];
      const { type, scope, explainsRefusals, learnsHours } = definition;
      // `base` is what the definition's own schema parsed
      const deps = { ...shared, settings: this.#controls.tuned(definition, base) } as DetectorDeps<never>;
      const watcher = definition.make?.(deps);
      return watcher === undefined ? [] : [{ type, scope, explainsRefusals, learnsHours, watcher }];
    });
  }

  #tellsOf(scope: DetectorScope): boolean {
    return scope === 'caller' || this.tellsEstate;
  }

  #found(watching: Watching, draft: Finding, at: number, findings: Finding[]): void {
    if (!this.#tellsOf(watching.scope) || this.#held.isBlind(watching.learnsHours, this.#current, at)) return;
    if (watching.explainsRefusals) this.#explained.explain(this.#current.key, at, this.#current.lane);
    findings.push(draft);
  }

  /** From `before` on: findings of this event, past what people decided, and then for the detectors that go by findings. */
  #tell(event: ApiEvent, at: number, before: number, findings: Finding[]): void {
    const told = findings.splice(before).flatMap((finding) => this.#pass(finding, event) ?? []);
    for (const { watcher } of this.#watchers.hearing)
      for (const finding of [...told]) {
        const draft = watcher.heard?.(finding, event, at, this.#current);
        const passed = draft && this.#pass(draft, event);
        if (passed) told.push(passed);
      }
    findings.push(...told);
  }

  /** What a finding rests on, the simulated one rests on as well. */
  #pass(finding: Finding, event: ApiEvent): Finding | undefined {
    const passed = this.#controls.pass(finding, event);
    if (passed === undefined || passed === finding) return passed;
    const blame = this.#blames.get(finding);
    if (blame !== undefined) this.#blames.set(passed, blame);
    return passed;
  }

  /** Event time that all lanes have come to. */
  #horizon(): number {
    let least = this.#watermark;
    for (const at of this.#newest.values()) if (at < least) least = at;
    return least;
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
}
