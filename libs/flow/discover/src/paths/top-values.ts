import { flat } from './exact-paths.ts';
import type { ParameterPlaces } from './parameter-places.ts';
import { hashOf, type TrieNode } from './trie-node.ts';

/** Values of a parameter that are counted one by one. */
const MAX_TOP_VALUES = 16;
/** From here on only each eighth value is looked at as a newcomer: a cost per event. */
const MANY_VALUES = 256;
const SAMPLE = 8;

/** An untyped value was seen at `param`, below `node`; returns its hash, never 0. */
export const countValue = (
  places: ParameterPlaces,
  node: TrieNode,
  param: TrieNode,
  token: string,
  weight: number,
): number => {
  param.untyped += weight;
  const hash = hashOf(token) || 1;
  const isSampled = param.untyped < MANY_VALUES || param.untyped % SAMPLE < weight;
  if (isSampled) places.add(node, hash);
  const top = (param.topValues ??= new Map<string, number>());
  const count = top.get(token);
  if (count !== undefined) top.set(token, count + weight);
  else if (top.size < MAX_TOP_VALUES) top.set(flat(token), weight);
  else if (isSampled) replaceLeast(top, flat(token));
  return hash;
};

/** Space-Saving: the newcomer takes the place, and the count, of the least. */
const replaceLeast = (top: Map<string, number>, token: string): void => {
  let least = '';
  let count = Infinity;
  for (const [value, n] of top)
    if (n < count) {
      least = value;
      count = n;
    }
  top.delete(least);
  top.set(token, count + 1);
};
