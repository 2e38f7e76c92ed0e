/** A webhook as stored: secrets are sealed (encrypted with a key from the config) by the store and never leave it but for signing. */
export interface Webhook {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly url: string;
  readonly enabled: boolean;
  /** Why it was switched off by us (410, or given up), else null. */
  readonly disabledReason: string | null;
  readonly allowPrivateAddress: boolean;
  /** Receives every alert and enforcement change without a policy, when set. */
  readonly events: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Signing secrets, newest first: during rotation the old one signs too until it ends. */
export interface SigningSecret {
  readonly secret: Buffer;
  /** ms since epoch; null = current. */
  readonly endsAt: number | null;
}

/** `folded`: not sent, since the webhook was told of the same campaign a moment ago; a replay by hand sends it. */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'folded';

export interface WebhookDelivery {
  readonly id: string;
  readonly tenant: string;
  readonly webhookId: string;
  readonly event: string;
  readonly payload: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAttemptAt: number | null;
  readonly deliveredAt: number | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}

export interface DeliveryAttempt {
  readonly at: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

export abstract class WebhookStore {
  abstract list(tenant: string): Promise<readonly Webhook[]>;
  abstract find(tenant: string, id: string): Promise<Webhook | undefined>;
  /** The new secret is returned once, as `whsec_…`. */
  abstract create(
    tenant: string,
    draft: Pick<Webhook, 'name' | 'url' | 'allowPrivateAddress' | 'events'>,
    actor: string,
  ): Promise<{ webhook: Webhook; secret: string }>;
  abstract update(
    tenant: string,
    id: string,
    change: Partial<Pick<Webhook, 'name' | 'url' | 'enabled' | 'allowPrivateAddress' | 'events'>>,
    actor: string,
  ): Promise<Webhook | undefined>;
  abstract remove(tenant: string, id: string, actor: string): Promise<boolean>;
  /** The old secret goes on signing beside the new one until `overlapMs` have passed. */
  abstract rotate(
    tenant: string,
    id: string,
    overlapMs: number,
    actor: string,
  ): Promise<{ secret: string } | undefined>;
  abstract secrets(tenant: string, id: string): Promise<readonly SigningSecret[]>;
  abstract disable(tenant: string, id: string, reason: string): Promise<void>;
}

export abstract class DeliveryStore {
  abstract find(id: string): Promise<WebhookDelivery | undefined>;
  abstract list(query: {
    tenant: string;
    webhookId?: string;
    state?: DeliveryState;
    limit: number;
    after?: { readonly createdAt: number; readonly id: string };
  }): Promise<readonly WebhookDelivery[]>;
  abstract attempts(id: string): Promise<readonly DeliveryAttempt[]>;
  /** False when a delivery of this dedupKey exists. */
  abstract create(delivery: {
    readonly id: string;
    readonly tenant: string;
    readonly webhookId: string;
    readonly dedupKey: string;
    readonly event: string;
    readonly payload: string;
    readonly createdAt: number;
  }): Promise<boolean>;
  /**
   * Takes a due delivery for one attempt: of several processes one gets it, the others undefined. It is due again at `untilMs` (ms since
   * epoch) unless its attempt is recorded before.
   */
  abstract claim(id: string, now: number, untilMs: number): Promise<WebhookDelivery | undefined>;
  /** An attempt that ends after the delivery was delivered (by another process) is noted, and changes nothing else. */
  abstract record(
    id: string,
    attempt: DeliveryAttempt,
    next: { readonly state: DeliveryState; readonly nextAttemptAt: number | null },
  ): Promise<void>;
  /** Back to pending with no attempts: a replay by hand. */
  abstract reset(tenant: string, id: string, now: number): Promise<boolean>;
  /** All pending ones: re-armed at start. */
  abstract pending(): Promise<readonly { readonly id: string; readonly nextAttemptAt: number | null }[]>;
}
