import type { TemplateScope } from '@outrider/domain/traffic/learned-templates';
import { PathTemplates } from './path-templates.ts';
import { DEFAULT_TEMPLATE_SETTINGS, type TemplateSettings } from './template-settings.ts';

/** Separates the parts of a scope: none of them can have it. */
const BETWEEN = '\u0000';

/**
 * The learners of all services. At most `maxScopes`: beyond, the one that knows no endpoint and learned least gives way; if each knows one,
 * newcomers share none and are refused (`refusedScopes`), so that invented `Host` headers cannot push out what is known.
 */
export class TemplateRegistry {
  readonly #scopes = new Map<string, PathTemplates>();
  refusedScopes = 0;
  evictedScopes = 0;

  constructor(
    readonly settings: Partial<TemplateSettings> = {},
    readonly maxScopes = 2_000,
  ) {}

  find(scope: TemplateScope): PathTemplates | undefined {
    return this.#scopes.get(scopeKey(scope));
  }

  /** The learner of a scope, made when it is new; undefined when there is no room for it. Make one only for an answer below 400. */
  of(scope: TemplateScope): PathTemplates | undefined {
    const key = scopeKey(scope);
    const existing = this.#scopes.get(key);
    if (existing !== undefined) return existing;
    if (this.#scopes.size >= this.maxScopes && !this.#makeRoom()) {
      this.refusedScopes++;
      return undefined;
    }
    const made = new PathTemplates({ ...DEFAULT_TEMPLATE_SETTINGS, ...this.settings });
    this.#scopes.set(key, made);
    return made;
  }

  /** After a restart. */
  put(scope: TemplateScope, templates: PathTemplates): void {
    this.#scopes.set(scopeKey(scope), templates);
  }

  *entries(): Iterable<readonly [TemplateScope, PathTemplates]> {
    for (const [key, templates] of this.#scopes) {
      const [tenant = '', gateway = '', service = '', host = ''] = key.split(BETWEEN);
      yield [{ tenant, gateway, service, host }, templates];
    }
  }

  #makeRoom(): boolean {
    let least: string | undefined;
    let successes = Infinity;
    for (const [key, templates] of this.#scopes) {
      if (templates.figures.known > 0 || templates.trie.successes >= successes) continue;
      least = key;
      successes = templates.trie.successes;
    }
    if (least === undefined) return false;
    this.#scopes.delete(least);
    this.evictedScopes++;
    return true;
  }
}

export const scopeKey = ({ tenant, gateway, service, host }: TemplateScope): string =>
  `${tenant}${BETWEEN}${gateway}${BETWEEN}${service}${BETWEEN}${host}`;
