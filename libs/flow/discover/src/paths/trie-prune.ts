import type { TrieNode } from './trie-node.ts';

/** Forgets the least used eighth of the children that no known endpoint needs; returns how many nodes went. */
export const pruneChildren = (parent: TrieNode): number => {
  const children = [...(parent.names?.values() ?? [])].filter((child) => !isNeeded(child));
  children.sort(byUse);
  let freed = 0;
  for (const child of children.slice(0, Math.max(1, Math.ceil(children.length / 8)))) freed += drop(child);
  return freed;
};

/** Forgets leaves, the least used first, until `wanted` are gone or none is left that may go. */
export const pruneTree = (root: TrieNode, wanted: number): number => {
  let freed = 0;
  while (freed < wanted) {
    const leaves: TrieNode[] = [];
    collectLeaves(root, leaves);
    if (leaves.length === 0) break;
    leaves.sort(byUse);
    for (const leaf of leaves.slice(0, wanted - freed)) freed += drop(leaf);
  }
  return freed;
};

const byUse = (a: TrieNode, b: TrieNode): number => a.hits - b.hits || a.lastAt - b.lastAt;

const collectLeaves = (node: TrieNode, out: TrieNode[]): void => {
  let isLeaf = true;
  for (const child of node.names?.values() ?? []) {
    isLeaf = false;
    collectLeaves(child, out);
  }
  if (node.param !== undefined) {
    isLeaf = false;
    collectLeaves(node.param, out);
  }
  if (isLeaf && node.parent !== undefined && !isKept(node)) out.push(node);
};

const isKept = (node: TrieNode): boolean => {
  if (node.pinned || node.forced || node.shownName !== undefined) return true;
  for (const record of node.endpoints?.values() ?? []) if (record.known) return true;
  return false;
};

const isNeeded = (node: TrieNode): boolean => {
  if (isKept(node)) return true;
  for (const child of node.names?.values() ?? []) if (isNeeded(child)) return true;
  return node.param !== undefined && isNeeded(node.param);
};

const drop = (node: TrieNode): number => {
  const { parent } = node;
  if (parent === undefined) return 0;
  if (node.isParam) parent.param = undefined;
  else {
    parent.names?.delete(node.token);
    parent.evicted++;
    if (node.hits === 1) parent.evictedSingles++;
    if (parent.names?.size === 0) parent.names = undefined;
  }
  return bury(node);
};

const bury = (node: TrieNode): number => {
  node.dead = true;
  let count = 1;
  for (const child of node.names?.values() ?? []) count += bury(child);
  if (node.param !== undefined) count += bury(node.param);
  return count;
};
