const NONE = 0;
const LOGIN = 1;
const TOKEN = 2;

/** Said of many things besides a login (`/sessions/{id}/events`): they count at the end of a path alone. */
const NOUNS = new Set(['session', 'sessions', 'token', 'tokens', 'pin', 'credentials']);
/** Programs rather than people ask here. */
const MACHINES = new Set(['token', 'tokens', 'oauth', 'oauth2']);
/** What is done with a login that one has, or before one has any: a refusal does not say that somebody guesses. */
const AFTERWARDS = new Set([
  'refresh', 'logout', 'signout', 'logoff', 'revoke', 'introspect', 'introspection', 'userinfo', 'jwks', 'me', 'whoami', 'validate', 'check',
  'status', 'callback', 'register', 'registration', 'signup', 'sign-up', 'sign-out', 'log-out', 'send', 'resend', 'captcha',
]); // prettier-ignore
const RECOVERY = new Set(['forgot', 'reset', 'recover', 'recovery', 'unlock', 'change', 'magic']);

/** Tells endpoints that take credentials by the words of their path: whole segments, or the words of one. Bounded cache by template. */
export class AuthEndpoints {
  readonly #words: ReadonlySet<string>;
  readonly #known = new Map<string, number>();
  static readonly MAX_KNOWN = 20_000;

  constructor(words: readonly string[]) {
    this.#words = new Set(words.map((word) => word.toLowerCase()));
  }

  matches(pathTemplate: string): boolean {
    return this.#kindOf(pathTemplate) !== NONE;
  }

  /** `/oauth/token` and the like, where programs ask again and again by a clock. */
  isForPrograms(pathTemplate: string): boolean {
    return this.#kindOf(pathTemplate) === TOKEN;
  }

  #kindOf(pathTemplate: string): number {
    const known = this.#known.get(pathTemplate);
    if (known !== undefined) return known;
    const kind = this.#read(pathTemplate.toLowerCase().split('/'));
    if (this.#known.size >= AuthEndpoints.MAX_KNOWN) this.#known.clear();
    this.#known.set(pathTemplate, kind);
    return kind;
  }

  #read(segments: readonly string[]): number {
    const last = segments.at(-1)?.replaceAll('_', '-') ?? '';
    if (AFTERWARDS.has(last)) return NONE;
    const lastParameter = segments.findLastIndex((segment) => segment.startsWith('{'));
    const early = segments.length - 2;
    const matches = segments.some((segment, i) => {
      const word = this.#wordOf(segment);
      return word !== undefined && (!NOUNS.has(word) || (i > lastParameter && i >= early));
    });
    if (!matches) return NONE;
    return segments.some((segment) => MACHINES.has(segment)) ? TOKEN : LOGIN;
  }

  #wordOf(segment: string): string | undefined {
    const plain = segment.replaceAll('_', '-');
    if (this.#words.has(plain)) return plain;
    return segment.split(/[-_.:]/).find((word) => this.#words.has(word));
  }
}

/** Whether the path is for who has forgotten: `/password/reset`. Ask seldom. */
export const isRecovery = (pathTemplate: string): boolean =>
  pathTemplate
    .toLowerCase()
    .split(/[/_.:-]/)
    .some((word) => RECOVERY.has(word));
