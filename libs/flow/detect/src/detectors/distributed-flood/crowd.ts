import { Evidence } from '../../windows/evidence.ts';
import type { FloodCrowd } from './distributed-flood.detector.ts';
import type { DistributedFloodSettings } from './distributed-flood.settings.ts';

const MAX_ADDRESSES = 20_000;

interface Visitor {
  readonly fresh: boolean;
  readonly endpoint: string;
  /** It asked for one endpoint alone, of all services. */
  single: boolean;
  requests: number;
  unauthorised: number;
}

/** Who takes part in one service's rush, since its onset. */
export class Crowd {
  readonly evidence = new Evidence();
  readonly #visitors = new Map<string, Visitor>();
  #requests = 0;
  reportedAt = Number.NEGATIVE_INFINITY;
  judgedAt = Number.NEGATIVE_INFINITY;

  constructor(readonly since: number) {}

  /** A request to the service. */
  add(ip: string, endpoint: string, fresh: boolean, single: boolean, unauthorised: boolean): void {
    this.#requests++;
    const known = this.#visitors.get(ip);
    if (known) {
      known.requests++;
      if (unauthorised) known.unauthorised++;
      if (known.endpoint !== endpoint) known.single = false;
    } else if (this.#visitors.size < MAX_ADDRESSES)
      this.#visitors.set(ip, { fresh, endpoint, single, requests: 1, unauthorised: unauthorised ? 1 : 0 });
  }

  /** A request of the address to another service: it is no drone. */
  elsewhere(ip: string): void {
    const known = this.#visitors.get(ip);
    if (known) known.single = false;
  }

  get addresses(): number {
    return this.#visitors.size;
  }

  /** With the endpoint that most of the drones ask. */
  view(s: DistributedFloodSettings): { readonly crowd: FloodCrowd; readonly endpoint: string } {
    const endpoint = this.#commonest();
    const crowd = { requests: this.#requests, drones: 0, droneRequests: 0, lightDrones: 0, lightDroneRequests: 0, single: 0, unauthorised: 0 }; // prettier-ignore
    for (const one of this.#visitors.values()) {
      crowd.single = Math.max(crowd.single, one.requests);
      if (!one.fresh || !one.single || one.endpoint !== endpoint) continue;
      crowd.unauthorised += one.unauthorised;
      if (one.requests >= s.droneRequests) {
        crowd.drones++;
        crowd.droneRequests += one.requests;
      }
      if (one.requests >= s.lightDroneRequests) {
        crowd.lightDrones++;
        crowd.lightDroneRequests += one.requests;
      }
    }
    return { crowd, endpoint };
  }

  #commonest(): string {
    const counts = new Map<string, number>();
    let best = '';
    for (const { endpoint, requests } of this.#visitors.values()) {
      const n = (counts.get(endpoint) ?? 0) + requests;
      counts.set(endpoint, n);
      if (n > (counts.get(best) ?? 0) || best === '') best = endpoint;
    }
    return best;
  }
}
