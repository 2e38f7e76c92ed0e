import { hasRisen, isGraver, joinFinding, openAlert, resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import { entityKey } from '@outrider/domain/traffic/entity';
import { ConflictError, PermanentError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import { BoundedMap } from '../windows/bounded-map.ts';
import { AlertCampaigns } from './alert-campaigns.ts';
import type { QuietTimes } from './quiet-times.ts';

export const RESOLVED_BY_ITSELF = 'outrider';
const MAX_DISMISSED = 10_000;
/** Alerts that are not resolved, held in memory; a few KB each. */
const MAX_OPEN = 50_000;
/** Alerts of one matter that are looked at for one that stands. */
const SKEWED = 5;

export type AlertChange = 'opened' | 'updated' | 'resolved';

export interface AlertTrackerDeps {
  readonly store: AlertStore;
  readonly clock: Clock;
  /** Tells the others; called only after the row is stored. */
  readonly publish: (alert: Alert, change: AlertChange) => Promise<void>;
  readonly newId: () => string;
  /** Event-time quiet after which an alert of the type is over; ms. */
  readonly quietMs: QuietTimes;
  /** At most one write an alert in this time unless it became worse; ms. */
  readonly updateEveryMs: number;
  readonly onProblem: (error: unknown, alert: Alert) => void;
  /** A finding that became nothing: all alerts that may be open are, and none can be ended while the store is away. */
  readonly onRefused?: (finding: Finding) => void;
  readonly maxOpen?: number;
}

/** Event time as far as it is known, by lane (partition of the bus): lanes are read at their own pace; ms. */
export type EventClock = (lane: number) => number;

/** `stored` is the row as we know it; undefined until the first insert worked. */
interface Open {
  alert: Alert;
  stored: Alert | undefined;
  /** The most severe finding of this run: what a new alert begins with when a person resolved this one before it became worse. */
  worst: Finding | undefined;
  /** The newest finding that is not in `stored`. */
  latest: Finding | undefined;
  dirty: boolean;
  savedAt: number;
  /** The lane that its findings come by. */
  lane: number;
  /** Another process has the lane: what waits is still written, then it is forgotten. */
  leaving: boolean;
  /** Other processes' alerts were looked at since it was opened. */
  related: boolean;
}

/** What is remembered of an alert that a person resolved. */
type Dismissed = Pick<Alert, 'severity' | 'simulated' | 'lastSeenAt'>;

/**
 * Findings become alerts: one open alert per (tenant, type, entity), updated rather than repeated, resolved when it has been quiet.
 * Work is serial; what the store could not take is tried again at the next tick. Several processes may have one store: each looks after
 * the alerts of its lanes, and where two mean the same matter the store's revision and its rule of one open alert decide.
 */
export class AlertTracker {
  /** The one that had no finding for longest first. */
  readonly #open = new Map<string, Open>();
  /** Alerts that a person resolved while the cause went on: the same again is no news until it was quiet or became worse. */
  readonly #dismissed = new BoundedMap<Dismissed>(MAX_DISMISSED);
  readonly #campaigns: AlertCampaigns;
  #work: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(private readonly deps: AlertTrackerDeps) {
    this.#campaigns = new AlertCampaigns(deps);
  }

  /** Findings and ticks not yet worked off. */
  get pending(): number {
    return this.#pending;
  }

  get openAlerts(): number {
    return this.#open.size;
  }

  /** Whether this process looks after the alert. */
  holds(alert: Alert): boolean {
    return this.#open.get(keyOf(alert))?.stored?.id === alert.id;
  }

  /** Looks after all stored alerts that are not resolved and that `laneOf` gives a lane. */
  claim(laneOf: (alert: Alert) => number | undefined): Promise<void> {
    return this.#enqueue(async () => {
      const standing = await this.deps.store.unresolved();
      this.#campaigns.learn(standing);
      for (const alert of standing) {
        const lane = laneOf(alert);
        const known = this.#open.get(keyOf(alert));
        if (lane === undefined || (!known && this.#open.size >= this.#maxOpen)) continue;
        if (known) this.#keep(known, lane);
        else this.#hold(alert, lane);
      }
    });
  }

  /** Other processes look after the alerts of these lanes from now on. What waits is written once more. */
  forget(lanes: ReadonlySet<number>): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, open] of [...this.#open]) {
        if (!lanes.has(open.lane)) continue;
        open.leaving = true;
        if (open.dirty) await this.#write(key, open);
        else this.#open.delete(key);
      }
    });
  }

  /**
   * Resolves when the finding was joined and its write was tried once. `again`: it was made once more from what is stored, so that what the
   * alert tells already is no news.
   */
  take(finding: Finding, lane = 0, again = false): Promise<void> {
    return this.#enqueue(() => this.#take(finding, lane, again));
  }

  /** Writes what waits, and resolves what has been quiet at the event time of its lane. */
  tick(clock: EventClock): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, open] of [...this.#open]) {
        if (open.leaving) {
          await this.#write(key, open);
          continue;
        }
        const now = clock(open.lane);
        const over = open.alert.lastSeenAt + this.deps.quietMs(open.alert.type) < now;
        if (open.dirty && (over || this.#mayWrite(open))) await this.#write(key, open);
        if (over && !open.dirty && this.#open.get(key) === open) await this.#resolve(key, open);
      }
      await this.#campaigns.settle();
    });
  }

  /** Writes all that waits, whatever the throttle says. */
  flush(): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, open] of [...this.#open]) if (open.dirty) await this.#write(key, open);
      await this.#campaigns.settle();
    });
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#pending++;
    const done = this.#work.then(task).finally(() => this.#pending--);
    this.#work = done.catch(() => undefined);
    return done;
  }

  get #maxOpen(): number {
    return this.deps.maxOpen ?? MAX_OPEN;
  }

  #hold(alert: Alert, lane: number): void {
    const known = { worst: undefined, latest: undefined, dirty: false, savedAt: 0, leaving: false, related: true };
    this.#open.set(keyOf(alert), { alert, stored: alert, lane, ...known });
  }

  #keep(open: Open, lane: number): void {
    open.lane = lane;
    open.leaving = false;
  }

  async #take(finding: Finding, lane: number, again: boolean): Promise<void> {
    const key = keyOf(finding);
    const open = this.#open.get(key);
    if (open) this.#keep(open, lane);
    // The attack went quiet for longer than it takes to be over, before a tick came: the old matter ends first.
    if (open && open.alert.lastSeenAt + this.deps.quietMs(finding.type) < finding.window.from)
      await this.#end(key, open);
    const current = this.#open.get(key);
    if (current) return again && isKnownTo(current.alert, finding) ? undefined : this.#join(key, current, finding);
    const { standing, last } = await this.#past(key, finding);
    if (standing) {
      this.#campaigns.learn([standing]);
      this.#hold(standing, lane);
      return this.#take(finding, lane, again);
    }
    if (last && this.#isDismissed(key, finding, last)) return;
    if (await this.#makeRoom()) await this.#begin(key, finding, lane);
    else this.deps.onRefused?.(finding);
  }

  async #begin(key: string, finding: Finding, lane: number): Promise<void> {
    const alert = await this.#campaigns.open(openAlert(finding, this.deps.newId(), this.deps.clock.now()));
    const findings = { worst: finding, latest: finding };
    const state = { dirty: true, savedAt: 0, lane, leaving: false, related: false };
    const fresh: Open = { alert, stored: undefined, ...findings, ...state };
    this.#open.set(key, fresh);
    await this.#write(key, fresh);
  }

  /** At the bound the alert that is quiet for longest ends early; a further finding opens it again. */
  async #makeRoom(): Promise<boolean> {
    const [quietest] = this.#open;
    if (quietest && this.#open.size >= this.#maxOpen) await this.#end(...quietest);
    return this.#open.size < this.#maxOpen;
  }

  /** What is not stored yet stays: its end would be written over nothing. */
  async #end(key: string, open: Open): Promise<void> {
    if (open.dirty) await this.#write(key, open);
    if (!open.dirty && this.#open.get(key) === open) await this.#resolve(key, open);
  }

  async #join(key: string, open: Open, finding: Finding): Promise<void> {
    const before = open.stored ?? open.alert;
    const joined = joinFinding(open.alert, finding, this.deps.clock.now());
    // Several joins may be one write: the revision counts writes.
    open.alert = this.#campaigns.follow({ ...joined, revision: open.stored ? open.stored.revision + 1 : 1 });
    open.dirty = true;
    if (!open.worst || !isGraver(open.worst, finding)) open.worst = finding;
    if (!open.latest || finding.detectedAt >= open.latest.detectedAt) open.latest = finding;
    this.#open.delete(key);
    this.#open.set(key, open);
    if (hasRisen(before, open.alert) || this.#mayWrite(open)) await this.#write(key, open);
  }

  #mayWrite(open: Open): boolean {
    return this.deps.clock.now() - open.savedAt >= this.deps.updateEveryMs;
  }

  #isDismissed(key: string, finding: Finding, last: Dismissed): boolean {
    const quiet = finding.detectedAt > last.lastSeenAt + this.deps.quietMs(finding.type);
    if (quiet || isGraver(finding, last)) {
      this.#dismissed.delete(key);
      return false;
    }
    const { severity, simulated, lastSeenAt } = last;
    this.#dismissed.set(key, { severity, simulated, lastSeenAt: Math.max(lastSeenAt, finding.detectedAt) });
    return true;
  }

  /** What is stored of the matter: the alert that stands (another process raised it), or the last one, if it speaks against a new one. */
  async #past(key: string, finding: Finding): Promise<{ readonly standing?: Alert; readonly last?: Dismissed }> {
    const known = this.#dismissed.peek(key);
    if (known) return { last: known };
    const { tenant, type, entity } = finding;
    // Clocks of processes differ: the one that stands need not be the one with the newest time.
    const stored = await this.deps.store.list({ tenant, types: [type], entity, limit: SKEWED }).catch(() => []);
    const standing = stored.find(({ state }) => state !== 'resolved');
    if (standing) return { standing };
    const [last] = stored;
    if (!last) return {};
    // One that ended by itself counts only against findings it had seen already (windows rebuilt after a restart).
    return last.resolvedBy !== RESOLVED_BY_ITSELF || finding.detectedAt <= last.lastSeenAt ? { last } : {};
  }

  async #write(key: string, open: Open): Promise<void> {
    const change = open.stored ? 'updated' : 'opened';
    if (open.stored && !open.related) open.alert = await this.#campaigns.followAll(open.alert);
    if (open.stored) open.related = true;
    const alert = this.#campaigns.current(open.alert);
    try {
      if (open.stored) await this.deps.store.save(alert);
      else await this.deps.store.insert(alert);
    } catch (error) {
      if (error instanceof ConflictError) return this.#reconcile(key, open);
      this.deps.onProblem(error, alert);
      // What can never be stored must not be tried for ever.
      if (error instanceof PermanentError) this.#giveUp(key, open);
      return;
    }
    await this.#campaigns.settle();
    open.alert = alert;
    open.stored = alert;
    open.latest = undefined;
    open.dirty = false;
    open.savedAt = this.deps.clock.now();
    if (open.leaving) this.#open.delete(key);
    await this.#tell(alert, change);
  }

  #giveUp(key: string, { alert, stored }: Open): void {
    this.#open.delete(key);
    if (!stored) this.#campaigns.forget(alert.id);
  }

  /** Somebody was first: a person acknowledged or resolved it, or another analyzer opened it. Their state, our findings. */
  async #reconcile(key: string, open: Open): Promise<void> {
    // Written at the next tick at the earliest: a loop of conflicts must not hold up the others.
    open.dirty = true;
    open.savedAt = 0;
    let theirs: Alert | undefined;
    try {
      theirs = await this.#theirs(open);
    } catch (error) {
      this.deps.onProblem(error, open.alert);
      return;
    }
    if (theirs && theirs.state !== 'resolved') this.#adopt(open, theirs);
    else if (theirs) await this.#dismiss(key, open, theirs);
    // A row that is gone is not made again. One that was never stored lost a race against an end: the next tick opens it.
    else if (open.stored) this.#giveUp(key, open);
  }

  async #theirs({ alert, stored }: Open): Promise<Alert | undefined> {
    const { tenant, type, entity, id } = alert;
    const states = ['open', 'acknowledged'] as const;
    const [standing] = stored
      ? []
      : await this.deps.store.list({ tenant, types: [type], entity, states: [...states], limit: 1 });
    return standing ?? (await this.deps.store.find(tenant, id));
  }

  #adopt(open: Open, theirs: Alert): void {
    const { alert } = open;
    if (theirs.id !== alert.id) this.#campaigns.forget(alert.id);
    this.#campaigns.learn([theirs]);
    const both = joinFinding(theirs, alert, this.deps.clock.now());
    const lastSeenAt = Math.max(theirs.lastSeenAt, alert.lastSeenAt);
    // The same id: stored by an attempt whose answer was lost, changed by a person, or gone on with by another process.
    const findings = theirs.id === alert.id ? Math.max(theirs.findings, alert.findings) : both.findings;
    const joined = { ...both, lastSeenAt, findings };
    open.stored = theirs;
    open.alert = this.#campaigns.follow({ ...joined, revision: theirs.revision + 1 });
  }

  /** It was resolved meanwhile, and the cause goes on. */
  async #dismiss(key: string, { alert, worst, latest, lane, leaving }: Open, theirs: Alert): Promise<void> {
    this.#open.delete(key);
    if (leaving) return;
    // Another process found it quiet: what it could not know of is a new matter.
    if (theirs.resolvedBy === RESOLVED_BY_ITSELF)
      return latest && latest.detectedAt > theirs.lastSeenAt ? this.#begin(key, latest, lane) : undefined;
    // A person has decided on less than what is known now: what is worse is a new matter.
    if (worst && isGraver(worst, theirs)) return this.#begin(key, worst, lane);
    const { severity, simulated } = theirs;
    this.#dismissed.set(key, { severity, simulated, lastSeenAt: Math.max(theirs.lastSeenAt, alert.lastSeenAt) });
  }

  async #resolve(key: string, open: Open): Promise<void> {
    const resolved = resolveAlert(open.alert, RESOLVED_BY_ITSELF, this.deps.clock.now());
    if (!resolved) return;
    try {
      await this.deps.store.save(resolved);
    } catch (error) {
      if (error instanceof ConflictError) return this.#reconcile(key, open);
      this.deps.onProblem(error, resolved);
      return;
    }
    this.#open.delete(key);
    await this.#tell(resolved, 'resolved');
  }

  /** The row is the truth: a nudge that fails is made up for by whoever asks for unevaluated alerts. */
  async #tell(alert: Alert, change: AlertChange): Promise<void> {
    await this.deps.publish(alert, change).catch((error: unknown) => this.deps.onProblem(error, alert));
  }
}

/** Nothing of the finding is news to the alert. */
const isKnownTo = (alert: Alert, finding: Finding): boolean =>
  finding.detectedAt <= alert.lastSeenAt && !hasRisen(alert, finding);

const keyOf = ({ tenant, type, entity }: Pick<Finding, 'tenant' | 'type' | 'entity'>): string =>
  `${tenant}|${type}|${entityKey(entity)}`;
