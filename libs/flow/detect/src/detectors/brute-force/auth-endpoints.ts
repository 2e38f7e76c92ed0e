/** Tells endpoints that take credentials by the words of their path: whole segments, or the words of one. Bounded cache by template. */
export class AuthEndpoints {
  readonly #words: ReadonlySet<string>;
  readonly #known = new Map<string, boolean>();
  static readonly MAX_KNOWN = 20_000;

  constructor(words: readonly string[]) {
    this.#words = new Set(words.map((word) => word.toLowerCase()));
  }

  matches(pathTemplate: string): boolean {
    const known = this.#known.get(pathTemplate);
    if (known !== undefined) return known;
    const matches = pathTemplate
      .toLowerCase()
      .split('/')
      .some((segment) => this.#words.has(segment) || segment.split(/[-_.:]/).some((word) => this.#words.has(word)));
    if (this.#known.size >= AuthEndpoints.MAX_KNOWN) this.#known.clear();
    this.#known.set(pathTemplate, matches);
    return matches;
  }
}
