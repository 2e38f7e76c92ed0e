import * as z from 'zod';

/** What a call means for the business; what sensitive-flow detectors go by. */
export const BUSINESS_FLOWS = ['auth', 'account', 'billing', 'admin', 'export'] as const;
export type BusinessFlow = (typeof BUSINESS_FLOWS)[number];

const Keywords = z.array(z.string().min(1).max(64)).max(200).readonly();
/** Flow → keywords, all of them. */
export const FlowKeywords = z.strictObject({
  auth: Keywords,
  account: Keywords,
  billing: Keywords,
  admin: Keywords,
  export: Keywords,
} satisfies Record<BusinessFlow, z.ZodType>);
export type FlowKeywords = Readonly<z.infer<typeof FlowKeywords>>;

/** Whole words of the template's names, in lower case; a keyword of several words (`reset-password`) stands for them in a row. */
export const DEFAULT_FLOW_KEYWORDS: FlowKeywords = {
  auth: [
    'login', 'logon', 'signin', 'sign-in', 'logout', 'auth', 'oauth', 'oauth2', 'authorize', 'authenticate', 'token', 'session', 'sessions',
    'sso', 'saml', 'oidc', 'mfa', '2fa', 'otp', 'totp', 'password', 'passcode', 'reset-password', 'forgot-password', 'magic-link', 'jwks',
  ],
  account: [
    'account', 'accounts', 'user', 'users', 'profile', 'profiles', 'me', 'register', 'signup', 'sign-up', 'registration', 'customer',
    'customers', 'member', 'members', 'identity', 'kyc', 'contact', 'contacts',
  ],
  billing: [
    'billing', 'bill', 'bills', 'invoice', 'invoices', 'payment', 'payments', 'pay', 'charge', 'charges', 'refund', 'refunds', 'checkout',
    'order', 'orders', 'cart', 'subscription', 'subscriptions', 'payout', 'payouts', 'transfer', 'transfers', 'wallet', 'card', 'cards', 'coupon',
    'coupons', 'voucher', 'vouchers', 'iban', 'bank',
  ],
  admin: [
    'admin', 'administration', 'admins', 'management', 'manage', 'internal', 'config', 'configuration', 'settings', 'role', 'roles', 'permission',
    'permissions', 'acl', 'policy', 'policies', 'impersonate', 'sudo', 'actuator', 'debug', 'apikey', 'apikeys', 'api-keys', 'audit',
  ],
  export: ['export', 'exports', 'download', 'downloads', 'dump', 'backup', 'backups', 'report', 'reports', 'extract', 'bulk', 'archive'],
}; // prettier-ignore

/** Tags of path templates; remembers nothing, so ask once per endpoint. */
export class FlowTagger {
  readonly #flowsOf = new Map<string, BusinessFlow[]>();
  readonly #longest: number;

  constructor(keywords: Partial<FlowKeywords> = {}) {
    let longest = 1;
    for (const flow of BUSINESS_FLOWS)
      for (const keyword of keywords[flow] ?? DEFAULT_FLOW_KEYWORDS[flow]) {
        const words = wordsOf(keyword);
        longest = Math.max(longest, words.length);
        const key = words.join(' ');
        const flows = this.#flowsOf.get(key) ?? [];
        if (key !== '' && !flows.includes(flow)) this.#flowsOf.set(key, [...flows, flow]);
      }
    this.#longest = longest;
  }

  /** In the order of `BUSINESS_FLOWS`; parameters say nothing. */
  tagsOf(template: string): readonly BusinessFlow[] {
    const found = new Set<BusinessFlow>();
    for (const segment of template.split(/[/:]/)) {
      if (segment === '' || segment.startsWith('{')) continue;
      const words = wordsOf(segment);
      for (let from = 0; from < words.length; from++)
        for (let to = from + 1; to <= Math.min(words.length, from + this.#longest); to++)
          for (const flow of this.#flowsOf.get(words.slice(from, to).join(' ')) ?? []) found.add(flow);
    }
    return BUSINESS_FLOWS.filter((flow) => found.has(flow));
  }
}

/** `resetPassword`, `reset-password`, `reset_password` → reset, password. */
const wordsOf = (name: string): string[] =>
  name
    .split(/[-_.\s]|(?<=[a-z0-9])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
