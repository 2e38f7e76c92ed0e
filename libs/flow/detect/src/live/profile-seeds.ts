import { parseEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';
import { userAgentOf } from '@outrider/domain/traffic/user-agent';
import type { BaselineStore, CallerId, CallerTerm } from '@outrider/ports/baseline-store';
import { isUntaught } from '../baseline/teaching-time.ts';
import { agentTerm, CallerProfile } from '../knowledge/caller-profile.ts';
import { TraitsCache } from '../knowledge/endpoint-knowledge.ts';
import { DAY_MS } from '../windows/time.ts';

/** What is read back of a caller; as long as a seasonal partner may be silent. */
const LOOK_BACK_MS = 120 * DAY_MS;
/** Callers a query. */
const BATCH = 500;
/** Callers that wait to be read, about 100 bytes each; those beyond it are asked for when they are seen again after a restart. */
const MAX_WAITING = 500_000;
/** Batches one after the other: what a store that is slow is asked before others have their turn. */
const BATCHES = 20;

interface Waiting {
  readonly caller: CallerId;
  readonly profile: CallerProfile;
}

export interface ProfileSeedsDeps {
  readonly store: Pick<BaselineStore, 'terms' | 'lastUsed'>;
  readonly now: () => number;
}

/**
 * What this process does not remember of a caller is read from the store: after a restart nothing that a caller always did looks new. Until
 * it was read, detectors that go by "never before" are silent about the caller (`CallerProfile.seeded`).
 */
export class ProfileSeeds {
  /** By tenant, the oldest first. */
  readonly #queues = new Map<string, Waiting[]>();
  #waiting = 0;
  /** Callers that could not wait: detectors stay silent about what is new to them. */
  refused = 0;

  constructor(private readonly deps: ProfileSeedsDeps) {}

  get waiting(): number {
    return this.#waiting;
  }

  readonly want = (event: ApiEvent, _key: string, profile: CallerProfile): void => {
    profile.seeded = false;
    const { kind, id } = callerOf(event);
    if (kind !== 'consumer' && kind !== 'credential') return;
    if (this.#waiting >= MAX_WAITING) {
      this.refused++;
      return;
    }
    this.#waiting++;
    const queue = this.#queues.get(event.tenant);
    if (queue) queue.push({ caller: { kind, id }, profile });
    else this.#queues.set(event.tenant, [{ caller: { kind, id }, profile }]);
  };

  /** Some batches. Rejects when the store is away: the batch waits for the next round. */
  async round(): Promise<void> {
    for (let batches = 0; batches < BATCHES && this.#waiting > 0; batches++) await this.#batch();
  }

  /** Of each tenant, those whose past begins at the same reset are read together. */
  async #batch(): Promise<void> {
    for (const [tenant, queue] of this.#queues) {
      const [first] = queue;
      if (!first) continue;
      const from = resetOf(first);
      const next = queue.slice(0, BATCH);
      const batch = next.filter((one) => resetOf(one) === from);
      await this.#read(tenant, batch, Math.max(from, this.deps.now() - LOOK_BACK_MS));
      queue.splice(0, next.length, ...next.filter((one) => resetOf(one) !== from));
      this.#waiting -= batch.length;
      if (queue.length === 0) this.#queues.delete(tenant);
      for (const { profile } of batch) profile.seeded = true;
    }
  }

  /** `since` of all of them; ms. */
  async #read(tenant: string, batch: readonly Waiting[], since: number): Promise<void> {
    const callers = batch.map(({ caller }) => caller);
    const profiles = new Map(batch.map(({ caller, profile }) => [`${caller.kind}|${caller.id}`, profile]));
    const uses = await this.deps.store.lastUsed({ tenant, callers, since });
    const terms: CallerTerm[] = [];
    for await (const chunk of this.deps.store.terms({ tenant, callers, since }))
      for (const term of chunk) terms.push(term);
    const successes = new Map<CallerProfile, number>();
    for (const term of terms) {
      const profile = profiles.get(`${term.caller.kind}|${term.caller.id}`);
      if (!profile || !isTaught(profile, term)) continue;
      seed(profile, tenant, term);
      if (term.kind === 'endpoint') successes.set(profile, (successes.get(profile) ?? 0) + term.successes);
    }
    // what was replayed is in the store's figures already
    for (const [profile, stored] of successes) profile.successes = Math.max(profile.successes, stored);
    for (const use of uses) {
      const firstSeenAt = Math.max(since, use.firstSeenAt);
      profiles.get(`${use.caller.kind}|${use.caller.id}`)?.recall({ ...use, firstSeenAt });
    }
  }
}

const TRAITS = new TraitsCache();

/** Since when its past counts; ms. */
const resetOf = ({ profile }: Waiting): number => profile.said?.from ?? Number.NEGATIVE_INFINITY;

/** The store gives some terms by the month: those not seen since the reset, or in excluded time alone, are no habit. */
const isTaught = ({ said }: CallerProfile, { firstSeenAt, lastSeenAt }: CallerTerm): boolean =>
  said === undefined || !isUntaught(said, { from: firstSeenAt, to: lastSeenAt });

/** The key of its knowledge (see endpointKeyOf). */
const endpointKey = (tenant: string, id: string): string => {
  const parts = parseEndpointId(id);
  return parts ? `${tenant}|${parts.serviceId}|${parts.method} ${parts.pathTemplate}` : '';
};

const seed = (profile: CallerProfile, tenant: string, term: CallerTerm): void => {
  const { lastSeenAt: last, firstSeenAt: first, requests } = term;
  const add = (list: CallerProfile['prefixes'], text: string): void =>
    list.recall(CallerProfile.term(text), last, requests, first);
  switch (term.kind) {
    case 'endpoint':
      if (term.successes > 0) {
        add(profile.endpoints, endpointKey(tenant, term.term));
        profile.asked(TRAITS.of(parseEndpointId(term.term)?.pathTemplate ?? ''), first);
      }
      break;
    case 'prefix':
      if (term.successes > 0) add(profile.prefixes, term.term);
      break;
    case 'country':
      if (term.successes > 0) add(profile.countries, term.term);
      break;
    case 'asn':
      if (term.successes > 0 && Number(term.term) > 0) profile.asns.recall(Number(term.term), last, requests, first);
      break;
    case 'agent':
      if (term.successes > 0)
        add(profile.agents, term.term === 'Mozilla' ? 'browser' : agentTerm(userAgentOf(term.term)));
      break;
    case 'credential':
      if (term.successes > 0) add(profile.credentials, term.term);
      break;
    case 'hour': {
      const hour = Number(term.term);
      profile.hours[hour] = Math.min(65_535, Math.max(profile.hours[hour] ?? 0, requests));
      break;
    }
    case 'tag':
  }
};
