/**
 * `message`: each call costs a text message or a mail. `purchase`: each takes stock, a coupon or an order. `verification`: it takes a code,
 * or, as some name it, has one sent.
 */
export type SensitiveFlow = 'message' | 'purchase' | 'verification';

const MESSAGE = new Set(['otp', 'sms', 'passcode', 'magiclink', 'resend', 'invite', 'invites', 'invitation', 'invitations', 'mfa', '2fa', 'totp']); // prettier-ignore
/** Of messages, those that a person asks for in order to sign in: nobody sends them in batches. */
const CODE = new Set(['otp', 'passcode', 'magiclink', 'mfa', '2fa', 'totp']);
const CODE_PAIRS = new Set(['reset password', 'password reset', 'forgot password', 'password forgot', 'magic link', 'send code', 'code send', 'verification code', 'verify phone', 'phone verify']); // prettier-ignore
const PURCHASE = new Set(['checkout', 'redeem', 'giftcard', 'giftcards', 'coupon', 'coupons', 'promo', 'promos', 'reserve', 'reservation', 'reservations']); // prettier-ignore
const MESSAGE_PAIRS = new Set(['reset password', 'password reset', 'forgot password', 'password forgot', 'forgotten password', 'password recovery', 'recover password', 'magic link', 'send code', 'code send', 'verification code', 'send email', 'email send', 'verify phone', 'phone verify', 'phone verification', 'verify email', 'email verification', 'send sms', 'send mail']); // prettier-ignore
const PURCHASE_PAIRS = new Set(['gift card', 'gift cards', 'place order', 'orders place', 'apply coupon']);
/** What a code is used by: it costs nothing, unless it is what has one sent. */
const USES = new Set(['verify', 'verification', 'validate', 'confirm', 'check', 'accept', 'status']);
const MAX_TEMPLATES = 20_000;

/** What a template costs by its words; remembered, in two generations. */
export class SensitiveFlows {
  #young = new Map<string, SensitiveFlow | undefined>();
  #old = new Map<string, SensitiveFlow | undefined>();

  of(template: string): SensitiveFlow | undefined {
    if (this.#young.has(template)) return this.#young.get(template);
    const flow = this.#old.has(template) ? this.#old.get(template) : flowOf(template);
    if (this.#young.size >= MAX_TEMPLATES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(template, flow);
    return flow;
  }
}

export const flowOf = (template: string): SensitiveFlow | undefined => {
  const { words, pairs } = wordsOf(template);
  const isMessage = words.some((word) => MESSAGE.has(word));
  const isUse = USES.has(words.at(-1) ?? '');
  if ((!isUse && isMessage) || pairs.some((pair) => MESSAGE_PAIRS.has(pair))) return 'message';
  if (isMessage) return 'verification';
  return words.some((word) => PURCHASE.has(word)) || pairs.some((pair) => PURCHASE_PAIRS.has(pair))
    ? 'purchase'
    : undefined;
};

/** Whether the message is a code that one person waits for. */
export const isCodeFlow = (template: string): boolean => {
  const { words, pairs } = wordsOf(template);
  return words.some((word) => CODE.has(word)) || pairs.some((pair) => CODE_PAIRS.has(pair));
};

const wordsOf = (template: string): { readonly words: readonly string[]; readonly pairs: readonly string[] } => {
  const words = template
    .split('/')
    .filter((segment) => !segment.startsWith('{'))
    .flatMap((segment) => segment.split(/[-_.:\s]|(?<=[a-z0-9])(?=[A-Z])/))
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  return { words, pairs: words.map((word, i) => `${words[i - 1] ?? ''} ${word}`) };
};
