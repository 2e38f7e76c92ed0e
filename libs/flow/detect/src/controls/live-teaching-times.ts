import { untaughtTime, type OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import { parseEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import type { Reset, TeachingTime, TeachingTimes } from '../baseline/teaching-time.ts';

type ByKey = ReadonlyMap<string, TeachingTime>;
const NOTHING: ByKey = new Map();
const NOBODY = { callers: NOTHING, endpoints: NOTHING, services: NOTHING, routes: NOTHING, gateways: NOTHING } as const;
const KINDS = ['callers', 'endpoints', 'services', 'routes', 'gateways'] as const;

interface KnownReset extends Reset {
  /** When it became known. */
  readonly revision: number;
}

/** Resets and exclusions in force. `refresh` changes all of them at once; between refreshes nothing is read. */
export class LiveTeachingTimes implements TeachingTimes {
  revision = 0;
  #said: Record<Reset['of'], ByKey> = NOBODY;
  #resets: ReadonlyMap<string, KnownReset> = new Map();

  /** A reset from a moment to come holds from the first refresh after it; ms. */
  refresh(controls: readonly OwnedBaselineControl[], now: number): void {
    const said: Record<Reset['of'], Map<string, TeachingTime>> = {
      ...{ callers: new Map(), endpoints: new Map(), services: new Map(), routes: new Map(), gateways: new Map() },
    };
    for (const entity of byEntity(controls, now).values()) {
      const place = placeOf(entity);
      if (place) said[place.of].set(place.key, kept(this.#said[place.of].get(place.key), entity.said));
    }
    this.#said = said;
    this.#takeResets(said);
  }

  ofCaller(key: string): TeachingTime | undefined {
    return this.#of('callers', key);
  }

  ofEndpoint(key: string): TeachingTime | undefined {
    return this.#of('endpoints', key);
  }

  ofService(key: string): TeachingTime | undefined {
    return this.#of('services', key);
  }

  resetsSince(revision: number): readonly Reset[] {
    return [...this.#resets.values()].filter((reset) => reset.revision > revision);
  }

  #of(kind: Reset['of'], key: string): TeachingTime | undefined {
    const said = this.#said[kind];
    return said.size === 0 ? undefined : said.get(key);
  }

  #takeResets(said: Readonly<Record<Reset['of'], ByKey>>): void {
    const resets = new Map<string, KnownReset>();
    let isNew = false;
    for (const of of KINDS)
      for (const [key, { from }] of said[of]) {
        if (from === Number.NEGATIVE_INFINITY) continue;
        const known = this.#resets.get(`${of}|${key}`);
        // of a later one that was taken back nothing new follows
        const revision = known !== undefined && from <= known.from ? known.revision : this.revision + 1;
        if (revision > this.revision) isNew = true;
        resets.set(`${of}|${key}`, { of, key, from, revision });
      }
    this.#resets = resets;
    if (isNew) this.revision++;
  }
}

interface Entity extends Pick<OwnedBaselineControl, 'tenant' | 'kind' | 'entityId'> {
  readonly said: TeachingTime;
}

/** Where detection finds it; undefined of what no detector keeps anything of. */
const placeOf = ({
  tenant,
  kind,
  entityId,
}: Entity): { readonly of: Reset['of']; readonly key: string } | undefined => {
  switch (kind) {
    case 'consumer':
    case 'credential':
    case 'ip':
      return { of: 'callers', key: `${tenant}|${kind}|${entityId}` };
    case 'endpoint': {
      const parts = parseEndpointId(entityId);
      return parts && { of: 'endpoints', key: `${tenant}|${parts.serviceId}|${parts.method} ${parts.pathTemplate}` };
    }
    case 'service':
      return { of: 'services', key: `${tenant}|${entityId}` };
    case 'route':
      return { of: 'routes', key: `${tenant}|${entityId}` };
    case 'gateway':
      return { of: 'gateways', key: `${tenant}|${entityId}` };
    case 'caller-endpoint':
      return undefined;
  }
};

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
