import { hashOf, type TrieNode } from './trie-node.ts';

/** Names after which parameters are remembered, and hashes of values for each. */
const MAX_PLACES = 512;
const MAX_VALUES = 256;

interface Place {
  /** Nodes at which it was found. */
  found: number;
  values: Set<number>;
}

/**
 * What was found to be a parameter at one place is likely one at another place after the same name: `/namespaces/{name}` here and under
 * `/watch`. It is believed where the values are the same ones.
 */
export class ParameterPlaces {
  places = new Map<string, Place>();

  note(node: TrieNode): void {
    const name = placeOf(node);
    const place = this.places.get(name) ?? { found: 0, values: new Set<number>() };
    place.found++;
    if (!this.places.has(name) && this.places.size < MAX_PLACES) this.places.set(name, place);
    for (const value of node.param?.topValues?.keys() ?? []) this.add(node, hashOf(value) || 1);
  }

  add(node: TrieNode, valueHash: number): void {
    const place = this.places.get(placeOf(node));
    if (place !== undefined && place.values.size < MAX_VALUES) place.values.add(valueHash);
  }

  /** `same values`: half of the names at this node were seen as values after the same name elsewhere. */
  knows(node: TrieNode): 'same values' | 'same place' | undefined {
    const place = this.places.get(placeOf(node));
    if (place === undefined || node.names === undefined) return undefined;
    let seen = 0;
    for (const token of node.names.keys()) if (place.values.has(hashOf(token) || 1)) seen++;
    return seen * 2 >= node.names.size ? 'same values' : 'same place';
  }
}

/** The name before, and how many parameters stand between. */
const placeOf = (node: TrieNode): string => {
  let depth = 0;
  let at: TrieNode = node;
  while (at.isParam && at.parent !== undefined) {
    depth++;
    at = at.parent;
  }
  return `${depth}/${at.token}`;
};
