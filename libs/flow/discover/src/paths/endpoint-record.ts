import type { Endpoint } from './endpoint.ts';
import { pathOfTokens } from '@outrider/domain/traffic/paths/path-tokens';
import { EndedValues } from './ended-values.ts';
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
  /** Where it ends at a parameter. */
  values: EndedValues | undefined;
  /** Structure for which `template` was written, while it is provisional. */
  writtenFor = -1;

  constructor(
    readonly method: string,
    public node: TrieNode,
  ) {}

  /** `token` is undefined for a value that its shape proves; to be called for an endpoint that ends at a parameter. */
  endedWith(token: string | undefined, callers: number, hits: number): void {
    this.values ??= new EndedValues();
    this.values.add(token, callers, hits);
  }

  write(structure: number): void {
    this.writtenFor = structure;
    this.template = pathOfTokens(tokensTo(this.node));
    this.key = `${this.method} ${this.template}`;
  }
}
