import { createHash, randomUUID } from 'node:crypto';
import type { EndpointChange } from '@outrider/domain/endpoints/known-endpoint';
import type { LearnedService, TemplateScope } from '@outrider/domain/traffic/learned-templates';
import type { EndpointSighting, LearnedScope, Learning, LearningSave } from '@outrider/ports/endpoint-store';
import type { LearnableCalls } from '@outrider/ports/event-store';
import type { PathTemplates } from '../paths/path-templates.ts';
import { scopeKey, TemplateRegistry } from '../paths/template-registry.ts';
import { restoreTemplates, snapshotOf, TemplateSnapshot } from '../paths/template-snapshot.ts';
import { popCount } from '../paths/trie-node.ts';
import { learnedTemplatesOf } from './learned-templates-of.ts';

/** What is known of a scope beside its templates. */
interface About {
  serviceName: string;
  /** A learned template differs from the typed one of a path that it has. */
  differs: boolean;
  /** Not saved yet. */
  dirty: boolean;
  /** Version of the templates that was saved. */
  saved: number;
}

/** Calls → known endpoints, of all services; gives what has to be saved. No I/O. */
export class EndpointLearner {
  readonly registry: TemplateRegistry;
  readonly #about = new Map<string, About>();

  constructor(registry: TemplateRegistry = new TemplateRegistry()) {
    this.registry = registry;
  }

  /** Goes on from what was saved. A snapshot that cannot be read is left out, and its scope learned anew: it is returned. */
  restore(scopes: Learning['scopes']): readonly TemplateScope[] {
    const unreadable: TemplateScope[] = [];
    for (const { snapshot, differs, ...scope } of scopes) {
      const parsed = TemplateSnapshot.safeParse(jsonOf(snapshot));
      if (!parsed.success) unreadable.push(scope);
      else {
        const templates = restoreTemplates(parsed.data, this.registry.settings);
        this.registry.put(scope, templates);
        const about = { serviceName: '', differs, dirty: false, saved: templates.version };
        this.#about.set(scopeKey(scope), about);
      }
    }
    return unreadable;
  }

  learn(calls: LearnableCalls): void {
    const templates = this.registry.of(calls);
    if (templates === undefined) return;
    const { method, path, caller, count, firstAt, lastAt } = calls;
    const about = this.#aboutOf(calls);
    about.dirty = true;
    if (calls.serviceName !== '') about.serviceName = calls.serviceName;
    const endpoint = templates.observe({ method, path, status: 200, caller: `${caller}`, at: lastAt, count, firstAt });
    if (endpoint?.known === true && endpoint.template !== calls.pathTemplate) about.differs = true;
  }

  /** At the end of a batch. */
  settle(): void {
    for (const [scope, templates] of this.registry.entries())
      if (this.#about.get(scopeKey(scope))?.dirty === true) templates.settle();
  }

  /** For corrections: the scope's learner, which is to be saved. */
  edit(scope: TemplateScope): PathTemplates | undefined {
    const templates = this.registry.of(scope);
    if (templates !== undefined) Object.assign(this.#aboutOf(scope), { dirty: true, differs: true });
    return templates;
  }

  /** Whether templates changed since the last save: that should not wait. */
  get hasNews(): boolean {
    for (const [scope, templates] of this.registry.entries())
      if (templates.version !== (this.#about.get(scopeKey(scope))?.saved ?? 0)) return true;
    return false;
  }

  /** What changed since the last save; `saved` is to be called once it is stored. */
  unsaved(now: number): Pick<LearningSave, 'scopes' | 'endpoints' | 'changes'> & { readonly saved: () => void } {
    const scopes: LearnedScope[] = [];
    const endpoints: EndpointSighting[] = [];
    const changes: EndpointChange[] = [];
    const done: (() => void)[] = [];
    for (const [scope, templates] of this.registry.entries()) {
      const about = this.#about.get(scopeKey(scope));
      if (about?.dirty !== true) continue;
      const snapshot = Buffer.from(JSON.stringify(snapshotOf(templates)));
      scopes.push({ ...scope, snapshot, differs: about.differs, templates: learnedTemplatesOf(templates) });
      endpoints.push(...sightingsOf(scope, templates, about, now));
      changes.push(...changesOf(scope, templates, about, now));
      const { version } = templates;
      done.push(() => Object.assign(about, { dirty: false, saved: version }));
    }
    return { scopes, endpoints, changes, saved: () => done.forEach((mark) => mark()) };
  }

  /** For a matcher, without a store. */
  services(): LearnedService[] {
    return [...this.registry.entries()]
      .filter(([scope]) => this.#about.get(scopeKey(scope))?.differs === true)
      .map(([scope, templates]) => ({ ...scope, templates: learnedTemplatesOf(templates) }));
  }

  #aboutOf(scope: TemplateScope): About {
    const key = scopeKey(scope);
    let about = this.#about.get(key);
    if (about === undefined) {
      about = { serviceName: '', differs: false, dirty: false, saved: 0 };
      this.#about.set(key, about);
    }
    return about;
  }
}

/** The same endpoint has the same id, whoever learns it. */
export const endpointIdOf = (scope: TemplateScope, key: string): string =>
  createHash('sha256')
    .update(`${scopeKey(scope)}\u0000${key}`)
    .digest('hex')
    .slice(0, 24);

const sightingsOf = (
  scope: TemplateScope,
  templates: PathTemplates,
  { serviceName, saved }: About,
  now: number,
): EndpointSighting[] => {
  const { tenant, gateway, service: serviceId, host } = scope;
  const common = { tenant, gateway, serviceId, serviceName, host };
  const known = templates.trie.knownEndpoints().map((one): EndpointSighting => {
    const { method, template, key, successes, firstAt: firstSeenAt, lastAt: lastSeenAt } = one;
    const seen = { state: 'active' as const, firstSeenAt, lastSeenAt, successes, hours: popCount(one.hours) };
    return { id: endpointIdOf(scope, key), ...common, method, template, ...seen };
  });
  const live = new Set(known.map(({ id }) => id));
  const replaced = templates.changesSince(saved).replaced.flatMap(({ key }): EndpointSighting[] => {
    const id = endpointIdOf(scope, key);
    const [method = '', template = ''] = splitKey(key);
    if (live.has(id) || template === '') return [];
    live.add(id);
    const seen = { state: 'replaced' as const, firstSeenAt: now, lastSeenAt: 0, successes: 0, hours: 0 };
    return [{ id, ...common, method, template, ...seen }];
  });
  return [...known, ...replaced];
};

const changesOf = (
  scope: TemplateScope,
  templates: PathTemplates,
  { serviceName, saved }: About,
  at: number,
): EndpointChange[] => {
  const { known, replaced } = templates.changesSince(saved);
  const change = (key: string, kind: EndpointChange['kind'], detail: string): EndpointChange => {
    const endpointId = endpointIdOf(scope, key);
    return { id: randomUUID(), tenant: scope.tenant, endpointId, endpoint: key, serviceName, at, kind, detail };
  };
  return [
    ...known.map(({ key }) => change(key, 'new', '')),
    ...replaced.map(({ key, replacedBy }) => change(key, 'replaced', replacedBy)),
  ];
};

/** `GET /a b` → GET, `/a b`. */
const splitKey = (key: string): [string, string] => {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
};

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
};
