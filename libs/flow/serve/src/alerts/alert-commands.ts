import type { Alert } from '@outrider/domain/detection/alert';
import { acknowledgeAlert, resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import type { Principal } from '@outrider/domain/access/principal';
import { CallerError, ConflictError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import type { Changes } from '../changes.ts';
import { found } from '../missing.ts';

/** Detectors update an open alert many times a minute: an operator's act is tried again on the newer revision. */
const TRIES = 5;

const ACTS = {
  acknowledge: { next: acknowledgeAlert, state: 'acknowledged', act: 'alert.acknowledge' },
  resolve: { next: resolveAlert, state: 'resolved', act: 'alert.resolve' },
} as const;

/** What an operator does to an alert. */
export class AlertCommands {
  constructor(
    private readonly alerts: AlertStore,
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  /** Doing it twice is harmless; an act that the state does not allow is a 409. */
  async perform(act: keyof typeof ACTS, id: string, caller: Principal): Promise<Alert> {
    const { next, state, act: name } = ACTS[act];
    for (let tries = 1; ; tries++) {
      const alert = found(await this.alerts.find(caller.tenant, id), 'alert');
      if (alert.state === state) return alert;
      const changed = next(alert, caller.name, this.clock.now());
      if (!changed) throw new CallerError(`the alert is ${alert.state}`, 'wrong-state', 409);
      try {
        await this.alerts.save(changed, { actor: caller.name, act: name });
      } catch (error) {
        if (error instanceof ConflictError && tries < TRIES) continue;
        throw error;
      }
      const { tenant, revision } = changed;
      await this.changes.publish({ tenant, kind: 'alert', id, revision, change: state, at: this.clock.now() });
      return changed;
    }
  }
}
