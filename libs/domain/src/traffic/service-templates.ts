import type { LearnedTemplate } from './learned-templates.ts';
import { kindAt } from './paths/kind-at.ts';
import { nameLikeness } from './paths/name-words.ts';
import { isPlaceholder, SUFFIX, tokensOf } from './paths/path-tokens.ts';
import { segmentKind } from './paths/segment-kind.ts';

/** Steps of one lookup, all ways that it may try taken together. */
const MAX_STEPS = 128;
/** Paths remembered with what was found, of one service: two generations of half of it. */
const MAX_REMEMBERED = 8_192;
/** Longer paths are not remembered, so that the memory is bounded in bytes too. */
const MAX_REMEMBERED_LENGTH = 256;

interface Place {
  readonly names: Map<string, Place>;
  param: Place | undefined;
  /** What may stand at the parameter: `t`, `v`, `o`, the widest that a template says. */
  accepts: 't' | 'v' | 'o';
  /** Method → template. */
  readonly ends: Map<string, string>;
}

const place = (): Place => ({ names: new Map(), param: undefined, accepts: 't', ends: new Map() });

/** The learned templates of one service under one host, compiled. Names go before parameters, as in the learner. */
export class ServiceTemplates {
  readonly #root = place();
  /** A name looks like a value (`/api/3/issue`): paths with the same typed template may be different endpoints. */
  #byPath = false;
  readonly #tokens: string[] = [];
  #steps = 0;
  #young = new Map<string, Map<string, string>>();
  #old = new Map<string, Map<string, string>>();
  #remembered = 0;

  constructor(templates: readonly LearnedTemplate[]) {
    for (const template of templates) this.#add(template);
  }

  /** `/users/{name}`; undefined when no learned template has this path. */
  match(method: string, path: string): string | undefined {
    this.#steps = 0;
    return this.#from(this.#root, 0, tokensOf(path, this.#tokens), method, '');
  }

  /** As `match`, remembering what it found by the typed template, which most paths share. */
  templateOf(method: string, path: string, typed: string): string | undefined {
    const key = this.#byPath ? path : typed;
    const known = this.#young.get(method)?.get(key) ?? this.#recall(method, key);
    if (known !== undefined) return known === '' ? undefined : known;
    const found = this.match(method, path);
    this.#remember(method, key, found ?? '');
    return found;
  }

  #add({ method, template, places }: LearnedTemplate): void {
    const tokens: string[] = [];
    const count = tokensOf(template, tokens);
    let at = this.#root;
    for (let i = 0; i < count; i++) {
      const token = tokens[i] ?? '';
      const kind = places[i] ?? 'n';
      if (kind === 'n' || !isPlaceholder(token)) {
        if (segmentKind(token) !== undefined) this.#byPath = true;
        let next = at.names.get(token);
        if (next === undefined) at.names.set(token, (next = place()));
        at = next;
      } else {
        at.accepts = wider(at.accepts, kind);
        at = at.param ??= place();
      }
    }
    at.ends.set(method, template);
  }

  #from(at: Place, i: number, count: number, method: string, before: string): string | undefined {
    if (i === count) return at.ends.get(method);
    if (++this.#steps > MAX_STEPS) return undefined;
    const token = this.#tokens[i] ?? '';
    const name = at.names.get(token) ?? at.names.get(token.toLowerCase());
    const found = name === undefined ? undefined : this.#from(name, i + 1, count, method, token);
    if (found !== undefined || at.param === undefined || token.startsWith(SUFFIX)) return found;
    const isValue =
      at.accepts === 'o' ||
      (at.accepts === 'v' && nameLikeness(token) === -1) ||
      kindAt(this.#tokens, i, count, before) !== undefined;
    return isValue ? this.#from(at.param, i + 1, count, method, token) : undefined;
  }

  #recall(method: string, key: string): string | undefined {
    const found = this.#old.get(method)?.get(key);
    if (found !== undefined) this.#remember(method, key, found);
    return found;
  }

  #remember(method: string, key: string, found: string): void {
    if (key.length > MAX_REMEMBERED_LENGTH) return;
    if (this.#remembered++ >= MAX_REMEMBERED / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#remembered = 1;
    }
    let paths = this.#young.get(method);
    if (paths === undefined) this.#young.set(method, (paths = new Map()));
    paths.set(key, found);
  }
}

const WIDTHS = 'tvo';
const wider = (a: Place['accepts'], b: string): Place['accepts'] =>
  b === 'o' || (b === 'v' && WIDTHS.indexOf(b) > WIDTHS.indexOf(a)) ? b : a;
