import { isPlaceholder } from '@outrider/domain/traffic/paths/path-tokens';
import type { PathTrie } from './path-trie.ts';
import { absorbNames } from './trie-merge.ts';
import type { TrieNode } from './trie-node.ts';

export type Override = 'merge' | 'pin' | 'split';

/** Makes the tree what the operator, or a document, says; such places are not tested any more. */
export const applyOverride = (trie: PathTrie, tokens: readonly string[], kind: Override, method?: string): void => {
  let node = trie.root;
  const way: TrieNode[] = [];
  for (const token of tokens) {
    const isParam = isPlaceholder(token);
    const child = trie.makeAt(node, token, isParam);
    way.push(child);
    if (isParam) {
      if (kind === 'pin') rename(trie, child, token.slice(1, -1));
      if (kind !== 'split') makeParameter(trie, node, child, kind === 'merge');
    } else if (kind !== 'merge' || !node.generic) child.pinned = true;
    node = child;
  }
  trie.structure++;
  trie.version++;
  if (kind !== 'pin') trie.rewrite(trie.root);
  if (method !== undefined) {
    const record = trie.endpointAt(node, method, Infinity);
    if (record !== undefined) trie.show(record);
  }
};

const makeParameter = (trie: PathTrie, node: TrieNode, param: TrieNode, andNames: boolean): void => {
  const wasForced = node.forced;
  node.generic = true;
  // Reserved words stay beside what a document says, and go where the operator says that all of them are values.
  node.forced ||= andNames;
  if (andNames && wasForced) return;
  absorbNames(trie, node, param, andNames);
  trie.rewrite(param);
};

const rename = (trie: PathTrie, param: TrieNode, name: string): void => {
  if (param.shownName === name || name === '') return;
  param.shownName = name;
  trie.rewrite(param);
};
