import { hash32 } from '../../duplicates/hash64.ts';

const REMEMBERED = 32;
/** Fewer say nothing yet. */
const TELLING = 16;
/** Part of the latest that is for different paths, from which on paths are tried. */
const WIDE_SHARE = 0.5;

/** The latest 32 paths that were asked for: many different ones, or the same few again and again. */
export class PathSpread {
  #paths: Uint32Array | undefined;
  #seen = 0;

  add(path: string): void {
    this.#paths ??= new Uint32Array(REMEMBERED);
    this.#paths[this.#seen++ % REMEMBERED] = hash32(path);
  }

  get isWide(): boolean {
    const size = Math.min(this.#seen, REMEMBERED);
    if (this.#paths === undefined || size < TELLING) return false;
    return new Set(this.#paths.subarray(0, size)).size >= WIDE_SHARE * size;
  }
}
