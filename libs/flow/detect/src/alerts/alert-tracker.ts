import { hasRisen, joinFinding, openAlert, resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import { SEVERITIES, type Alert, type AlertType, type Finding } from '@outrider/domain/detection/alert';
import { entityKey } from '@outrider/domain/traffic/entity';
import { ConflictError, PermanentError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import { BoundedMap } from '../windows/bounded-map.ts';

export const RESOLVED_BY_ITSELF = 'outrider';
const MAX_DISMISSED = 10_000;

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
}

/** `stored` is the row as we know it; undefined until the first insert worked. */
interface Open {
  alert: Alert;
  stored: Alert | undefined;
  dirty: boolean;
  savedAt: number;
}

/**
 * Findings become alerts: one open alert per (tenant, type, entity), updated rather than repeated, resolved when it has been quiet.
 * Work is serial; what the store could not take is tried again at the next tick.
 */
export class AlertTracker {
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
      this.#open.set(keyOf(alert), { alert, stored: alert, dirty: false, savedAt: 0 });
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
    if (open && open.alert.lastSeenAt + this.deps.quietMs[finding.type] < finding.window.from) {
      if (open.dirty) await this.#write(key, open);
      await this.#resolve(key, open);
    }
    const current = this.#open.get(key);
    if (current) return this.#join(key, current, finding);
    if (await this.#isDismissed(key, finding)) return;
    const alert = openAlert(finding, this.deps.newId(), this.deps.clock.now());
    const fresh: Open = { alert, stored: undefined, dirty: true, savedAt: 0 };
    this.#open.set(key, fresh);
    await this.#write(key, fresh);
  }

  async #join(key: string, open: Open, finding: Finding): Promise<void> {
    const before = open.stored ?? open.alert;
    const joined = joinFinding(open.alert, finding, this.deps.clock.now());
    // Several joins may be one write: the revision counts writes.
    open.alert = { ...joined, revision: open.stored ? open.stored.revision + 1 : 1 };
    open.dirty = true;
    if (hasRisen(before, open.alert) || this.#mayWrite(open)) await this.#write(key, open);
  }

  #mayWrite(open: Open): boolean {
    return this.deps.clock.now() - open.savedAt >= this.deps.updateEveryMs;
  }

  async #isDismissed(key: string, finding: Finding): Promise<boolean> {
    const last = this.#dismissed.peek(key) ?? (await this.#lastDismissed(finding));
    if (!last) return false;
    const quiet = finding.detectedAt > last.lastSeenAt + this.deps.quietMs[finding.type];
    const stronger = SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(last.severity);
    if (quiet || stronger) {
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
    const { alert } = open;
    const theirs = open.stored
      ? await this.deps.store.find(alert.tenant, alert.id)
      : (
          await this.deps.store.list({
            tenant: alert.tenant,
            types: [alert.type],
            entity: alert.entity,
            states: ['open', 'acknowledged'],
            limit: 1,
          })
        )[0];
    if (!theirs || theirs.state === 'resolved') {
      this.#open.delete(key);
      if (theirs)
        this.#dismissed.set(key, {
          severity: theirs.severity,
          lastSeenAt: Math.max(theirs.lastSeenAt, alert.lastSeenAt),
        });
      return;
    }
    const joined = open.stored
      ? { ...alert, state: theirs.state, acknowledgedBy: theirs.acknowledgedBy }
      : joinFinding(theirs, alert, this.deps.clock.now());
    open.alert = { ...joined, revision: theirs.revision + 1 };
    open.stored = theirs;
    open.dirty = true;
    // Written at the next tick: a loop of conflicts must not hold up the others.
    open.savedAt = 0;
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

const keyOf = (of: Pick<Alert, 'tenant' | 'type' | 'entity'>): string =>
  `${of.tenant}|${of.type}|${entityKey(of.entity)}`;
