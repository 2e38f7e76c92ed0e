import { untaughtTime, type OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import { parseEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import type { TeachingTime, TeachingTimes } from '../baseline/teaching-time.ts';

type ByKey = ReadonlyMap<string, TeachingTime>;
const NOTHING: ByKey = new Map();

/** Resets and exclusions in force. `refresh` changes all of them at once; between refreshes nothing is read. */
export class LiveTeachingTimes implements TeachingTimes {
  #callers = NOTHING;
  #endpoints = NOTHING;
  #services = NOTHING;

  /** A reset from a moment to come holds from the first refresh after it; ms. */
  refresh(controls: readonly OwnedBaselineControl[], now: number): void {
    const callers = new Map<string, TeachingTime>();
    const endpoints = new Map<string, TeachingTime>();
    const services = new Map<string, TeachingTime>();
    for (const [entity, { tenant, kind, entityId, said }] of byEntity(controls, now)) {
      if (kind === 'consumer' || kind === 'credential' || kind === 'ip')
        callers.set(entity, kept(this.#callers.get(entity), said));
      else if (kind === 'service') {
        const key = `${tenant}|${entityId}`;
        services.set(key, kept(this.#services.get(key), said));
      } else if (kind === 'endpoint') {
        const parts = parseEndpointId(entityId);
        if (!parts) continue;
        const key = `${tenant}|${parts.serviceId}|${parts.method} ${parts.pathTemplate}`;
        endpoints.set(key, kept(this.#endpoints.get(key), said));
      }
    }
    this.#callers = callers;
    this.#endpoints = endpoints;
    this.#services = services;
  }

  ofCaller(key: string): TeachingTime | undefined {
    return this.#callers.size === 0 ? undefined : this.#callers.get(key);
  }

  ofEndpoint(key: string): TeachingTime | undefined {
    return this.#endpoints.size === 0 ? undefined : this.#endpoints.get(key);
  }

  ofService(key: string): TeachingTime | undefined {
    return this.#services.size === 0 ? undefined : this.#services.get(key);
  }
}

interface Entity extends Pick<OwnedBaselineControl, 'tenant' | 'kind' | 'entityId'> {
  readonly said: TeachingTime;
}

/** By `tenant|kind|id`. */
const byEntity = (controls: readonly OwnedBaselineControl[], now: number): ReadonlyMap<string, Entity> => {
  const groups = new Map<string, OwnedBaselineControl[]>();
  for (const control of controls) {
    if (control.action === 'reset' && control.from > now) continue;
    const key = `${control.tenant}|${control.kind}|${control.entityId}`;
    const known = groups.get(key);
    if (known) known.push(control);
    else groups.set(key, [control]);
  }
  const entities = new Map<string, Entity>();
  for (const [key, group] of groups) {
    const [first] = group;
    if (!first) continue;
    const { tenant, kind, entityId } = first;
    const { excluded, since } = untaughtTime(group, []);
    const spans = [...(excluded.get(entityId) ?? [])].sort((a, b) => a.from - b.from || a.to - b.to);
    entities.set(key, {
      ...{ tenant, kind, entityId },
      said: { from: since.get(entityId) ?? Number.NEGATIVE_INFINITY, excluded: spans },
    });
  }
  return entities;
};

/** The object of before where the same is said. */
const kept = (before: TeachingTime | undefined, said: TeachingTime): TeachingTime =>
  before !== undefined &&
  before.from === said.from &&
  before.excluded.length === said.excluded.length &&
  before.excluded.every(({ from, to }, i) => from === said.excluded[i]?.from && to === said.excluded[i]?.to)
    ? before
    : said;
