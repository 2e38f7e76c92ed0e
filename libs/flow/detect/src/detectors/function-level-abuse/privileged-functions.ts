import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/**
 * What a function does that only few may: `admin` administers by its words, `rights` gives or takes rights, `people` removes an account,
 * `action` decides or pays what staff decides or pays.
 */
export type Privilege = 'admin' | 'rights' | 'people' | 'action';

const RIGHTS = new Set(['role', 'roles', 'permission', 'permissions', 'privilege', 'privileges', 'grants', 'scopes', 'admins', 'impersonate', 'impersonation', 'make-admin', 'promote', 'demote', 'entitlements']); // prettier-ignore
const PEOPLE = new Set(['users', 'user', 'accounts', 'customers', 'members', 'employees', 'tenants', 'organizations', 'organisations', 'orgs', 'companies', 'merchants', 'partners', 'clients', 'admins', 'staff', 'subscribers', 'patients', 'students', 'consumers', 'identities', 'principals']); // prettier-ignore
const ACTIONS = new Set(['refund', 'refunds', 'approve', 'approval', 'approvals', 'reject', 'void', 'chargeback', 'suspend', 'unsuspend', 'ban', 'unban', 'block', 'unblock', 'deactivate', 'unlock', 'payout', 'payouts', 'override', 'force-close', 'write-off', 'writeoff', 'adjust', 'adjustment', 'adjustments', 'grant', 'revoke', 'terminate', 'purge', 'wipe', 'force', 'credit']); // prettier-ignore

const MAX_TEMPLATES = 20_000;

/** What functions are by method and template; remembered. */
export class PrivilegedFunctions {
  readonly #known = new Map<string, Privilege | undefined>();

  /** `admin`: the template administers by its words, which makes reading privileged too. */
  of(event: Pick<ApiEvent, 'method' | 'pathTemplate'>, admin: boolean): Privilege | undefined {
    if (admin) return 'admin';
    const { method } = event;
    if (method === 'GET' || method === 'HEAD') return undefined;
    const key = `${method === 'DELETE' ? 'D' : 'W'}${event.pathTemplate}`;
    if (this.#known.has(key)) return this.#known.get(key);
    if (this.#known.size >= MAX_TEMPLATES) this.#known.clear();
    const made = privilegeOf(method, event.pathTemplate);
    this.#known.set(key, made);
    return made;
  }
}

const privilegeOf = (method: string, template: string): Privilege | undefined => {
  const segments = template.toLowerCase().slice(0, 300).split('/');
  const last = segments.at(-1) ?? '';
  const named = last.startsWith('{') ? (segments.at(-2) ?? '') : last;
  if (RIGHTS.has(named)) return 'rights';
  if (method === 'DELETE') return last.startsWith('{') && PEOPLE.has(named) ? 'people' : undefined;
  return !last.startsWith('{') && ACTIONS.has(named) ? 'action' : undefined;
};

/** Where a POST reads, signs in or measures: no writing. */
const READS =
  /\/(?:graphql|gql|search|_search|query|queries|filter|lookup|batch-get|login|logout|signin|token|refresh|auth|session|sessions|events|track|metrics|collect)(?:\/|$)/i;

export const isWriting = (event: Pick<ApiEvent, 'method' | 'pathTemplate'>): boolean =>
  event.method !== 'GET' && event.method !== 'HEAD' && !(event.method === 'POST' && READS.test(event.pathTemplate));

const STAFF =
  /admin|(?:^|[^a-z])(?:staff|support|back-?office|ops|operators?|operations|root|superuser|internal|helpdesk|moderators?|devops|sre|terraform|ci|e2e|qa|provision\w*|iam|hr|console|management)(?:[^a-z]|$)/i;

/** By its name or tags it is one of those who administer. */
export const isStaff = (event: Pick<ApiEvent, 'consumerName' | 'consumerCustomId' | 'consumerTags'>): boolean =>
  STAFF.test(event.consumerName) || STAFF.test(event.consumerCustomId) || event.consumerTags.some((tag) => STAFF.test(tag)); // prettier-ignore
