/**
 * Rules that must see what is not kept: asked once per request with the raw texts, before anything is removed from them.
 * Guarantees of an implementation: never throws, linear in the texts' length, keeps none of them.
 */
export abstract class RawMatcher {
  /** Ids of the rules that match, joined by `,`; '' for none. `rawQuery` is without its `?`. */
  abstract match(
    rawPath: string,
    rawQuery: string,
    userAgent: string,
    referer: string,
    method: string,
    status: number,
  ): string;
}
