import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';

const MAX_ENDPOINTS = 20_000;
const MAX_GROUPS = 10_000;

/** `/basket` is the group of `/basket/confirm`: what reads there may be a step before what writes there. Groups are hashes, never 0. */
export class StepGroups {
  /** By id of the endpoint; begun anew when full. */
  readonly #ofEndpoint = new Map<number, number>();
  /** Groups in which something writes. */
  readonly #writing = new Set<number>();

  of(endpoint: number, event: ApiEvent): number {
    const known = this.#ofEndpoint.get(endpoint);
    if (known !== undefined) return known;
    if (this.#ofEndpoint.size >= MAX_ENDPOINTS) this.#ofEndpoint.clear();
    const group = groupOf(event.pathTemplate);
    this.#ofEndpoint.set(endpoint, group);
    return group;
  }

  /** Something writes in this group. */
  note(group: number): void {
    if (this.#writing.size < MAX_GROUPS) this.#writing.add(group);
  }

  isBesideStep(group: number): boolean {
    return this.#writing.has(group);
  }
}

export const writes = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH';

export const groupOf = (template: string): number => hash32(template.slice(0, template.lastIndexOf('/'))) || 1;
