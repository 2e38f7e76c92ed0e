import type { LearnedTemplate } from '@outrider/domain/traffic/learned-templates';
import type { PathTemplates } from '../paths/path-templates.ts';
import type { TrieNode } from '../paths/trie-node.ts';

/** The known endpoints of a service as matchers take them. */
export const learnedTemplatesOf = (templates: PathTemplates): LearnedTemplate[] =>
  templates.trie.knownEndpoints().map(({ method, template, node }) => ({ method, template, places: placesOf(node) }));

const placesOf = (node: TrieNode): string => {
  let places = '';
  for (let at = node; at.parent !== undefined; at = at.parent) places = `${placeOf(at, at.parent)}${places}`;
  return places;
};

const placeOf = (node: TrieNode, parent: TrieNode): string => {
  if (!node.isParam) return 'n';
  return parent.generic ? 'o' : parent.valueLike ? 'v' : 't';
};
