import { hasRisen, joinFinding, openAlert, resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import { SEVERITIES, type Alert, type AlertType, type Finding } from '@outrider/domain/detection/alert';
import { entityKey } from '@outrider/domain/traffic/entity';
import { ConflictError, PermanentError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import { BoundedMap } from '../windows/bounded-map.ts';

export const RESOLVED_BY_ITSELF = 'outrider';
const MAX_DISMISSED = 10_000;
/** Alerts that are not resolved, held in memory; a few KB each. */
const MAX_OPEN = 50_000;

export type AlertChange = 'opened' | 'updated' | 'resolved';

export interface AlertTrackerDeps {
  readonly store: AlertStore;
  readonly clock: Clock;
  /** Tells the others; called only after the row is stored. */
  readonly publish: (alert: Alert, change: AlertChange) => Promise<void>;
  readonly newId: () => string;
  /** Event-time quiet after which an alert of the type is over; ms. */
  readonly quietMs: Readonly<Record<AlertType, number>>;
  /** At most one write an alert in this time unless it became worse; ms. */
  readonly updateEveryMs: number;
  readonly onProblem: (error: unknown, alert: Alert) => void;
  /** A finding that became nothing: all alerts that may be open are, and none can be ended while the store is away. */
  readonly onRefused?: (finding: Finding) => void;
  readonly maxOpen?: number;
}

/** `stored` is the row as we know it; undefined until the first insert worked. */
interface Open {
  alert: Alert;
  stored: Alert | undefined;
  /** The most severe finding of this run: what a new alert begins with when a person resolved this one before it became worse. */
  worst: Finding | undefined;
  dirty: boolean;
  savedAt: number;
}

/**
 * Findings become alerts: one open alert per (tenant, type, entity), updated rather than repeated, resolved when it has been quiet.
 * Work is serial; what the store could not take is tried again at the next tick.
 */
export class AlertTracker {
  /** The one that had no finding for longest first. */
  readonly #open = new Map<string, Open>();
  /** Alerts that a person resolved while the cause went on: the same again is no news until it was quiet or became worse. */
  readonly #dismissed = new BoundedMap<Pick<Alert, 'severity' | 'lastSeenAt'>>(MAX_DISMISSED);
  #work: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(private readonly deps: AlertTrackerDeps) {}

  /** Findings and ticks not yet worked off. */
  get pending(): number {
    return this.#pending;
  }

  get openAlerts(): number {
    return this.#open.size;
  }

  async load(): Promise<void> {
    for (const alert of await this.deps.store.unresolved())
      this.#open.set(keyOf(alert), { alert, stored: alert, worst: undefined, dirty: false, savedAt: 0 });
  }

  /** Resolves when the finding was joined and its write was tried once. */
  take(finding: Finding): Promise<void> {
    return this.#enqueue(() => this.#take(finding));
  }

  /** Writes what waits, and resolves what has been quiet at event time `now`. */
  tick(now: number): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, open] of [...this.#open]) {
        const over = open.alert.lastSeenAt + this.deps.quietMs[open.alert.type] < now;
        if (open.dirty && (over || this.#mayWrite(open))) await this.#write(key, open);
        if (over && !open.dirty && this.#open.get(key) === open) await this.#resolve(key, open);
      }
    });
  }

  /** Writes all that waits, whatever the throttle says. */
  flush(): Promise<void> {
    return this.#enqueue(async () => {
      for (const [key, open] of [...this.#open]) if (open.dirty) await this.#write(key, open);
    });
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#pending++;
    const done = this.#work.then(task).finally(() => this.#pending--);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #take(finding: Finding): Promise<void> {
    const key = keyOf(finding);
    const open = this.#open.get(key);
    // The attack went quiet for longer than it takes to be over, before a tick came: the old matter ends first.
    if (open && open.alert.lastSeenAt + this.deps.quietMs[finding.type] < finding.window.from)
      await this.#end(key, open);
    const current = this.#open.get(key);
    if (current) return this.#join(key, current, finding);
    if (await this.#isDismissed(key, finding)) return;
    if (await this.#makeRoom()) await this.#begin(key, finding);
    else this.deps.onRefused?.(finding);
  }

  async #begin(key: string, finding: Finding): Promise<void> {
    const alert = openAlert(finding, this.deps.newId(), this.deps.clock.now());
    const fresh: Open = { alert, stored: undefined, worst: finding, dirty: true, savedAt: 0 };
    this.#open.set(key, fresh);
    await this.#write(key, fresh);
  }

  /** At the bound the alert that is quiet for longest ends early; a further finding opens it again. */
  async #makeRoom(): Promise<boolean> {
    const most = this.deps.maxOpen ?? MAX_OPEN;
    const [quietest] = this.#open;
    if (quietest && this.#open.size >= most) await this.#end(...quietest);
    return this.#open.size < most;
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
    open.alert = { ...joined, revision: open.stored ? open.stored.revision + 1 : 1 };
    open.dirty = true;
    if (!open.worst || !isWorse(open.worst, finding)) open.worst = finding;
    this.#open.delete(key);
    this.#open.set(key, open);
    if (hasRisen(before, open.alert) || this.#mayWrite(open)) await this.#write(key, open);
  }

  #mayWrite(open: Open): boolean {
    return this.deps.clock.now() - open.savedAt >= this.deps.updateEveryMs;
  }

  async #isDismissed(key: string, finding: Finding): Promise<boolean> {
    const last = this.#dismissed.peek(key) ?? (await this.#lastDismissed(finding));
    if (!last) return false;
    const quiet = finding.detectedAt > last.lastSeenAt + this.deps.quietMs[finding.type];
    if (quiet || isWorse(finding, last)) {
      this.#dismissed.delete(key);
      return false;
    }
    this.#dismissed.set(key, { severity: last.severity, lastSeenAt: Math.max(last.lastSeenAt, finding.detectedAt) });
    return true;
  }

  async #lastDismissed(finding: Finding): Promise<Alert | undefined> {
    const [last] = await this.deps.store
      .list({ tenant: finding.tenant, types: [finding.type], entity: finding.entity, states: ['resolved'], limit: 1 })
      .catch(() => []);
    if (!last) return undefined;
    // One that ended by itself counts only against findings it had seen already (windows rebuilt after a restart).
    return last.resolvedBy !== RESOLVED_BY_ITSELF || finding.detectedAt <= last.lastSeenAt ? last : undefined;
  }

  async #write(key: string, open: Open): Promise<void> {
    const change = open.stored ? 'updated' : 'opened';
    const alert = open.alert;
    try {
      if (open.stored) await this.deps.store.save(alert);
      else await this.deps.store.insert(alert);
    } catch (error) {
      if (error instanceof ConflictError) return this.#reconcile(key, open);
      this.deps.onProblem(error, alert);
      // What can never be stored must not be tried for ever.
      if (error instanceof PermanentError) this.#open.delete(key);
      return;
    }
    open.stored = alert;
    open.dirty = false;
    open.savedAt = this.deps.clock.now();
    await this.#tell(alert, change);
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
    else if (open.stored) this.#open.delete(key);
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
    // The same id: ours, stored by an attempt whose answer was lost, or changed by a person.
    const joined =
      theirs.id === alert.id
        ? { ...alert, state: theirs.state, acknowledgedBy: theirs.acknowledgedBy }
        : joinFinding(theirs, alert, this.deps.clock.now());
    open.alert = { ...joined, revision: theirs.revision + 1 };
    open.stored = theirs;
  }

  /** A person has decided on less than what is known now: what is worse is a new matter. */
  async #dismiss(key: string, { alert, worst }: Open, theirs: Alert): Promise<void> {
    this.#open.delete(key);
    if (worst && isWorse(worst, theirs)) return this.#begin(key, worst);
    this.#dismissed.set(key, {
      severity: theirs.severity,
      lastSeenAt: Math.max(theirs.lastSeenAt, alert.lastSeenAt),
    });
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

const isWorse = (a: Pick<Alert, 'severity'>, b: Pick<Alert, 'severity'>): boolean =>
  SEVERITIES.indexOf(a.severity) > SEVERITIES.indexOf(b.severity);

const keyOf = (of: Pick<Alert, 'tenant' | 'type' | 'entity'>): string =>
  `${of.tenant}|${of.type}|${entityKey(of.entity)}`;
