import type { ObservedEndpoint } from './known-endpoint.ts';
import type { DocumentedEndpoint } from './openapi-templates.ts';

export interface EndpointDiff<E> {
  /** Observed, in no document. */
  readonly shadow: readonly E[];
  /** Observed although its document says that it is deprecated, or its end has passed. */
  readonly zombie: readonly { readonly observed: E; readonly documented: DocumentedEndpoint }[];
  /** Documented, never observed. */
  readonly orphan: readonly DocumentedEndpoint[];
}

/**
 * Compares by structure: parameters' names do not count. An observed name at the place of a documented parameter is one of its values
 * (an enumeration, a tenant) and so documented; a documented name where a parameter was observed is not thereby seen.
 * `now`: ms, for ends that have passed. `at`: the host of the service, `''` for any.
 */
export const diffEndpoints = <E extends Pick<ObservedEndpoint, 'method' | 'template'>>(
  observed: readonly E[],
  documented: readonly DocumentedEndpoint[],
  now: number,
  host = '',
): EndpointDiff<E> => {
  const known = new DocumentedPaths();
  for (const one of documented)
    if (host === '' || one.hosts.length === 0 || one.hosts.includes(host.toLowerCase())) known.add(one);
  const seen = new Set<DocumentedEndpoint>();
  const shadow: E[] = [];
  const zombie: { observed: E; documented: DocumentedEndpoint }[] = [];
  for (const endpoint of observed) {
    const all = known.find(endpoint);
    for (const one of all) seen.add(one);
    const [first] = all;
    if (first === undefined) shadow.push(endpoint);
    else if (all.every((one) => isOver(one, now))) zombie.push({ observed: endpoint, documented: first });
  }
  return { shadow, zombie, orphan: known.all().filter((one) => !seen.has(one)) };
};

const isOver = (one: DocumentedEndpoint, now: number): boolean =>
  one.deprecated || (one.sunsetAt !== undefined && one.sunsetAt <= now);

interface Place {
  readonly names: Map<string, Place>;
  param: Place | undefined;
  readonly endpoints: DocumentedEndpoint[];
}
const place = (): Place => ({ names: new Map(), param: undefined, endpoints: [] });

/** Steps of one lookup over all ways taken together. */
const MAX_STEPS = 4_096;

class DocumentedPaths {
  readonly #root = place();
  readonly #all: DocumentedEndpoint[] = [];

  add(one: DocumentedEndpoint): void {
    this.#all.push(one);
    let at = this.#root;
    for (const segment of structureOf(one.template)) {
      if (segment === '{}') at = at.param ??= place();
      else {
        let next = at.names.get(segment);
        if (next === undefined) at.names.set(segment, (next = place()));
        at = next;
      }
    }
    at.endpoints.push(one);
  }

  all(): readonly DocumentedEndpoint[] {
    return this.#all;
  }

  find(endpoint: Pick<ObservedEndpoint, 'method' | 'template'>): readonly DocumentedEndpoint[] {
    const segments = structureOf(endpoint.template);
    let steps = 0;
    const from = (at: Place, i: number): readonly DocumentedEndpoint[] => {
      if (++steps > MAX_STEPS) return [];
      const segment = segments[i];
      if (segment === undefined) return at.endpoints.filter((one) => one.method === endpoint.method);
      const name = at.names.get(segment);
      const found = name === undefined ? [] : from(name, i + 1);
      return found.length > 0 || at.param === undefined ? found : from(at.param, i + 1);
    };
    return from(this.#root, 0);
  }
}

/** `/orders/{orderId}.json/` → orders, {}.json */
const structureOf = (template: string): string[] =>
  template
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/\{[^}]*\}/g, '{}'));
