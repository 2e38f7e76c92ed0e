import { ANYWHERE, BROWSER_PRODUCTS, CLIENTS, type KnownAgent } from './user-agent-names.ts';

export type UserAgentKind =
  'browser' | 'mobile-app' | 'library' | 'command-line' | 'scanner' | 'bot' | 'monitor' | 'empty' | 'other';

/** What a tool is for; '' for what is none. `headless`: a browser that says it is driven by a program. */
export type ScannerClass =
  | ''
  | 'injection'
  | 'content-discovery'
  | 'fuzzer'
  | 'vulnerability-scan'
  | 'cms-scan'
  | 'port-scan'
  | 'recon'
  | 'credential'
  | 'exploit'
  | 'load'
  | 'internet-survey'
  | 'headless';

export interface UserAgent {
  /** Slug, at most 32 characters: a known name, or the first product that an unknown client names; '' when it names none. */
  readonly family: string;
  /** First number of its version; '' unknown. */
  readonly major: string;
  readonly kind: UserAgentKind;
  readonly tool: ScannerClass;
}

/** Characters that are looked at. */
export const MAX_USER_AGENT_CHARS = 512;
const MAX_FAMILY_CHARS = 32;
const EMPTY: UserAgent = Object.freeze({ family: '', major: '', kind: 'empty', tool: '' });

/**
 * What a user agent says it is, by words in a fixed order: tools and bots anywhere, then client programs, apps, browsers. Its cost is bounded:
 * 512 characters, each word sought once. What it says proves nothing: an attacker sends what he likes; most do not care to.
 * Our own table instead of a library: those know devices and browsers in depth and hardly any scanner or HTTP client (ua-parser-js is AGPL besides).
 */
export const userAgentOf = (userAgent: string): UserAgent => {
  const text = userAgent.slice(0, MAX_USER_AGENT_CHARS).toLowerCase().trim();
  if (text === '' || text === '-') return EMPTY;
  const named = anywhere(text) ?? vagueScanner(text) ?? vagueBot(text);
  if (named) return named;
  const products = productsOf(text);
  const client = firstKnown(products, CLIENT_BY_PRODUCT);
  if (client) return client;
  if (!text.startsWith('mozilla/') && !text.startsWith('opera/')) return ownClient(text, products);
  return browser(text, products);
};

/** `userAgentOf` with a memory of the latest user agents: two generations of half the capacity, keys copied. */
export class UserAgentCache {
  #young = new Map<string, UserAgent>();
  #old = new Map<string, UserAgent>();
  readonly #half: number;

  constructor(capacity = 8_192) {
    this.#half = Math.max(1, capacity >> 1);
  }

  of(userAgent: string): UserAgent {
    const key = userAgent.length > MAX_USER_AGENT_CHARS ? userAgent.slice(0, MAX_USER_AGENT_CHARS) : userAgent;
    const young = this.#young.get(key);
    if (young) return young;
    const value = this.#old.get(key) ?? userAgentOf(key);
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(flat(key), value);
    return value;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

/** A piece of a log line would keep the whole line alive. Joining and splitting makes a text of its own without a Buffer (this runs in browsers too). */
const flat = (text: string): string => text.split('').join('');

const byProduct = (agents: readonly KnownAgent[]): ReadonlyMap<string, KnownAgent> =>
  new Map(agents.map((agent) => [agent.word, agent]));

const CLIENT_BY_PRODUCT = byProduct(CLIENTS);
const BROWSER_BY_PRODUCT = byProduct(BROWSER_PRODUCTS);

interface Product {
  readonly name: string;
  readonly major: string;
}

/** `name/version` and bare names outside parentheses, in order; the words before the first slash or parenthesis also as one name. */
const productsOf = (text: string): Product[] => {
  const head = /^[^/(;,]{1,64}/.exec(text)?.[0] ?? '';
  const products: Product[] = [{ name: head.trim(), major: majorAt(text, head.length) }];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i] ?? ' ';
    if (char !== '(' && char !== ')' && !' \t[],;'.includes(char)) continue;
    if (depth === 0 && i > from) {
      const token = text.slice(from, i);
      const slash = token.indexOf('/');
      const name = slash < 0 ? token : token.slice(0, slash);
      products.push({ name, major: majorAt(text, from + name.length) });
    }
    if (char === '(') depth++;
    if (char === ')') depth = Math.max(0, depth - 1);
    from = i + 1;
  }
  return products;
};

const firstKnown = (products: readonly Product[], known: ReadonlyMap<string, KnownAgent>): UserAgent | undefined => {
  for (const { name, major } of products) {
    const agent = known.get(name);
    if (agent) return { family: agent.family, major, kind: agent.kind, tool: agent.tool };
  }
  return undefined;
};

/** A client that pretends nothing: an app when it names a phone's system, else a program that we do not know. */
const ownClient = (text: string, products: readonly Product[]): UserAgent => {
  const first = products[0];
  const family = slug(first?.name ?? '');
  const onPhone = /\b(?:iphone|ipad|ipod|ios|ipados|android|watchos|tvos|harmonyos)\b/.test(text);
  return { family, major: first?.major ?? '', kind: onPhone ? 'mobile-app' : 'other', tool: '' };
};

/** The browser that says most of itself: `Chrome/… Safari/… Edg/…` is Edge, so the table's order decides, not the text's. */
const browser = (text: string, products: readonly Product[]): UserAgent => {
  for (const agent of BROWSER_PRODUCTS) {
    const product = products.find(({ name }) => name === agent.word);
    if (product) {
      const major = agent.family === 'safari' ? versionOf(products) || product.major : product.major;
      return { family: agent.family, major, kind: agent.kind, tool: agent.tool };
    }
  }
  const old = /\b(msie|trident)[ /](\d{1,4})/.exec(text);
  const known = old && BROWSER_BY_PRODUCT.get(old[1] ?? '');
  if (old && known)
    return { family: known.family, major: old[1] === 'trident' ? '11' : (old[2] ?? ''), kind: 'browser', tool: '' };
  if (/\(i(?:phone|pad|pod)[;)]/.test(text) || /\bandroid\b/.test(text))
    return { family: 'webview', major: '', kind: 'mobile-app', tool: '' };
  return { family: 'mozilla', major: '', kind: 'other', tool: '' };
};

/** Safari's version stands behind the word `version`. */
const versionOf = (products: readonly Product[]): string =>
  products.find(({ name }) => name === 'version')?.major ?? '';

/** Tools that we do not know by name but that say what they are. */
const vagueScanner = (text: string): UserAgent | undefined =>
  /\b(?:pen-?test\w{0,8}|(?:vulnerability|vuln|security|web|exploit|port)[ _-]?scann?(?:er|ing)?)\b/.test(text)
    ? { family: slug(/^[^/(;,]{1,64}/.exec(text)?.[0] ?? ''), major: '', kind: 'scanner', tool: 'vulnerability-scan' }
    : undefined;

const BOT_WORD = /(?:bot|crawler|spider)(?![a-z])/g;

/** Words that end in bot, crawler or spider; CUBOT makes phones. */
const vagueBot = (text: string): UserAgent | undefined => {
  for (const match of text.matchAll(BOT_WORD)) {
    const end = match.index + match[0].length;
    let start = match.index;
    while (start > 0 && end - start < MAX_FAMILY_CHARS && /[a-z0-9_.-]/.test(text[start - 1] ?? '')) start--;
    const word = text.slice(start, end);
    if (word !== 'cubot') return { family: slug(word), major: majorAt(text, end), kind: 'bot', tool: '' };
  }
  return undefined;
};

interface Sought {
  readonly agent: KnownAgent;
  /** Place in the table: the first one decides. */
  readonly order: number;
  /** Characters of the word before its first letter or digit. */
  readonly lead: number;
}

/** By their first run of letters and digits, so that a text costs a look-up per word and not one per tool. */
const SOUGHT = new Map<string, Sought[]>();
for (const [order, agent] of ANYWHERE.entries()) {
  const [first = ''] = /[a-z0-9]+/.exec(agent.word) ?? [];
  SOUGHT.set(first, [...(SOUGHT.get(first) ?? []), { agent, order, lead: agent.word.indexOf(first) }]);
}

const WORD = /[a-z0-9]+/g;

const anywhere = (text: string): UserAgent | undefined => {
  let best: { readonly sought: Sought; readonly end: number } | undefined;
  for (const { 0: word, index } of text.matchAll(WORD))
    for (const sought of SOUGHT.get(word) ?? []) {
      const end = wholeWordEnd(text, sought.agent.word, index - sought.lead);
      if (end >= 0 && (!best || sought.order < best.sought.order)) best = { sought, end };
    }
  if (!best) return undefined;
  const { family, kind, tool } = best.sought.agent;
  return { family, major: majorAt(text, best.end), kind, tool };
};

/** -1 when the text does not have the word there, or only as a part of another. */
const wholeWordEnd = (text: string, word: string, at: number): number => {
  const end = at + word.length;
  const goesOn = isWordChar(word, word.length - 1) && isWordChar(text, end);
  return text.startsWith(word, at) && !goesOn ? end : -1;
};

const isWordChar = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at); // NaN outside
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
};

const majorAt = (text: string, at: number): string => {
  const version = /[/ :_-]{0,2}v?(\d{1,5})(?!\d)/y;
  version.lastIndex = at;
  return version.exec(text)?.[1] ?? '';
};

const slug = (text: string): string =>
  text
    .slice(0, 2 * MAX_FAMILY_CHARS)
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, MAX_FAMILY_CHARS);
