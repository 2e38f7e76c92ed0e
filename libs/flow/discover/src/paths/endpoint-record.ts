import type { Endpoint } from './endpoint.ts';
import { pathOfTokens } from '@outrider/domain/traffic/paths/path-tokens';
import { tokensTo, type TrieNode } from './trie-node.ts';

/** The endpoint as the trie keeps it; handed out as a read-only `Endpoint`, the same object each time. */
export class EndpointRecord implements Endpoint {
  template = '';
  key = '';
  known = false;
  successes = 0;
  firstAt = 0;
  lastAt = 0;
  callers = 0;
  hours = 0;
  changedIn = 0;
  /** Successes at which it is looked at again whether it can be shown. */
  nextCheck = 0;
  /** Structure for which `template` was written, while it is provisional. */
  writtenFor = -1;

  constructor(
    readonly method: string,
    public node: TrieNode,
  ) {}

  write(structure: number): void {
    this.writtenFor = structure;
    this.template = pathOfTokens(tokensTo(this.node));
    this.key = `${this.method} ${this.template}`;
  }
}
