import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { TeachingTimes } from '../../baseline/teaching-time.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { ServiceHealth } from './service-health.ts';

const MAX_SERVICES = 10_000;
/** While there are fewer services than this each is found without making its key. */
const MAX_RECENT = 1_000;

interface Recent {
  readonly tenant: string;
  readonly key: string;
  readonly service: ServiceHealth;
}

/** The services that this process sees, each begun anew when people said something else about it. */
export class ServiceHealths {
  readonly #services = new BoundedMap<ServiceHealth>(MAX_SERVICES);
  /** By id; several tenants may have the same. */
  readonly #recent = new Map<string, Recent>();

  constructor(private readonly teaching: Pick<TeachingTimes, 'ofService'>) {}

  of(event: ApiEvent): ServiceHealth {
    const id = event.serviceId || event.serviceName;
    const recent = this.#recent.get(id);
    if (
      recent !== undefined &&
      recent.tenant === event.tenant &&
      recent.service.said === this.teaching.ofService(recent.key)
    )
      return recent.service;
    const key = serviceKeyOf(event);
    const service = this.#find(key);
    // Beyond it the order of use matters, which only the bounded map knows.
    if (this.#services.size > MAX_RECENT) this.#recent.clear();
    else this.#recent.set(id, { tenant: event.tenant, key, service });
    return service;
  }

  #find(key: string): ServiceHealth {
    const said = this.teaching.ofService(key);
    const known = this.#services.get(key);
    if (known !== undefined && known.said === said) return known;
    const made = new ServiceHealth(said);
    this.#services.set(key, made);
    return made;
  }
}

/** `tenant|id`, or the name where it has no id. */
export const serviceKeyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId || event.serviceName}`;
