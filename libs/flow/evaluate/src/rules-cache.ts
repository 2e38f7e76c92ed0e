import type { GuardRails } from '@outrider/domain/response/guard-rails';
import type { Policy } from '@outrider/domain/response/policy';
import type { Clock } from '@outrider/ports/clock';
import type { PolicyStore } from '@outrider/ports/response-store';

/** What decides over the alerts of one tenant. */
export interface Rules {
  readonly policies: readonly Policy[];
  readonly rails: GuardRails;
}

/** A change of a policy or a guard rail that nobody told us of holds after this time at the latest. */
const MAX_AGE_MS = 1_000;
const MAX_TENANTS = 1_000;

/** Policies and guard rails, read once a second at most however many alerts there are. A failed read is not kept. */
export class RulesCache {
  readonly #entries = new Map<string, { readonly readAt: number; readonly rules: Promise<Rules> }>();

  constructor(
    private readonly store: PolicyStore,
    private readonly clock: Clock,
  ) {}

  get(tenant: string): Promise<Rules> {
    const now = this.clock.now();
    const known = this.#entries.get(tenant);
    if (known && now - known.readAt < MAX_AGE_MS && now >= known.readAt) return known.rules;
    const rules = this.#read(tenant);
    this.#entries.delete(tenant);
    this.#entries.set(tenant, { readAt: now, rules });
    rules.catch(() => {
      if (this.#entries.get(tenant)?.rules === rules) this.#entries.delete(tenant);
    });
    this.#bound();
    return rules;
  }

  /** The tenant's rules have changed: the next decision reads them anew. */
  forget(tenant: string): void {
    this.#entries.delete(tenant);
  }

  async #read(tenant: string): Promise<Rules> {
    const [policies, rails] = await Promise.all([this.store.list(tenant), this.store.guardRails(tenant)]);
    return { policies, rails };
  }

  #bound(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_TENANTS) return;
      this.#entries.delete(oldest);
    }
  }
}
