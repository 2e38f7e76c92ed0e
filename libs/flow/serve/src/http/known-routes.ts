/** Remembers which methods each path has, so that a wrong method is told from a wrong path. */
export class KnownRoutes {
  readonly #routes: { readonly segments: readonly string[]; readonly methods: Set<string> }[] = [];

  add(path: string, methods: readonly string[]): void {
    const segments = path.split('/');
    const known = this.#routes.find((route) => route.segments.join('/') === path);
    const set = known?.methods ?? new Set<string>();
    if (!known) this.#routes.push({ segments, methods: set });
    for (const method of methods) if (method !== 'OPTIONS') set.add(method);
  }

  /** Methods of the path of `url`, sorted; empty when no route has that path. */
  methodsOf(url: string): readonly string[] {
    const path = url.split('?', 1)[0] ?? '';
    const segments = path.split('/', 16);
    const found = new Set<string>();
    for (const route of this.#routes) {
      if (route.segments.length !== segments.length) continue;
      if (route.segments.includes('*')) continue;
      if (route.segments.every((want, i) => want === segments[i] || (want.startsWith(':') && segments[i] !== '')))
        for (const method of route.methods) found.add(method);
    }
    return [...found].sort();
  }
}
