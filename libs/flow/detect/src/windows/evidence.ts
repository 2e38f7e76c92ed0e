import type { Finding } from '@outrider/domain/detection/alert';
import { endpointOf, eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { WINDOW_MS } from './time.ts';

type Counts = Map<string, { n: number }>;

const MAX_NAMES = 64;
const SAMPLES = 10;
const TOP = 10;

type Shown = Pick<Finding, 'samples' | 'contributors' | 'scope'>;

/** Who and what took part in a caller's last five to ten minutes: bounded counts, two generations of five minutes. */
export class Evidence {
  #young = new Generation();
  #old = new Generation();
  #since = Number.NEGATIVE_INFINITY;
  #tags: readonly string[] = [];

  add(event: ApiEvent, at: number): void {
    if (at - this.#since >= WINDOW_MS) {
      this.#old = at - this.#since >= 2 * WINDOW_MS ? new Generation() : this.#young;
      this.#young = new Generation();
      this.#since = at;
    }
    this.#young.add(event);
    if (event.consumerTags.length > 0) this.#tags = event.consumerTags;
  }

  /** What a finding shows; the caller itself is no contributor. */
  shown(caller: Entity): Shown {
    const of = (kind: keyof Generation['counts']): [string, number][] =>
      topOf(this.#young.counts[kind], this.#old.counts[kind]);
    const contributors = [
      ...of('ips').map(([id, count]) => ({ entity: { kind: 'ip' as const, id, name: id }, count })),
      ...of('consumers').map(([id, count]) => ({ entity: { kind: 'consumer' as const, id, name: id }, count })),
      ...of('credentials').map(([id, count]) => ({ entity: { kind: 'credential' as const, id, name: id }, count })),
      ...of('endpoints').map(([id, count]) => ({
        entity: { kind: 'endpoint' as const, id: id.slice(0, 512), name: id.slice(0, 512) },
        count,
      })),
    ]
      .filter(({ entity }) => entity.kind !== caller.kind || entity.id !== caller.id)
      .sort((a, b) => b.count - a.count)
      .slice(0, TOP);
    return {
      samples: [...this.#old.samples, ...this.#young.samples].slice(-SAMPLES),
      contributors,
      scope: {
        services: of('services').map(([name]) => name),
        routes: of('routes').map(([name]) => name),
        endpoints: of('endpoints').map(([name]) => name),
        tags: this.#tags.slice(0, 20),
      },
    };
  }
}

class Generation {
  readonly counts: Readonly<Record<'ips' | 'consumers' | 'credentials' | 'endpoints' | 'services' | 'routes', Counts>> =
    {
      ips: new Map(),
      consumers: new Map(),
      credentials: new Map(),
      endpoints: new Map(),
      services: new Map(),
      routes: new Map(),
    };
  readonly samples: string[] = [];

  add(event: ApiEvent): void {
    const { counts } = this;
    bump(counts.ips, event.clientIp);
    bump(counts.consumers, event.consumerId);
    bump(counts.credentials, event.credentialId);
    bump(counts.services, event.serviceName || event.serviceId);
    bump(counts.routes, event.routeName || event.routeId);
    bump(counts.endpoints, endpointOf(event));
    if (this.samples.length < SAMPLES) this.samples.push(eventId(event));
  }
}

/** One look-up for a name that is known: this runs several times an event. */
const bump = (counts: Counts, name: string): void => {
  if (name === '') return;
  const known = counts.get(name);
  if (known) known.n++;
  else if (counts.size < MAX_NAMES) counts.set(name, { n: 1 });
};

const topOf = (young: Counts, old: Counts): [string, number][] => {
  const sum = new Map<string, number>();
  for (const counts of [old, young]) for (const [name, { n }] of counts) sum.set(name, (sum.get(name) ?? 0) + n);
  return [...sum].sort((a, b) => b[1] - a[1]).slice(0, TOP);
};
