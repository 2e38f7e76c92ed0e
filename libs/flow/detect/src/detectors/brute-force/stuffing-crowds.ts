import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import { SUSPECT_METRIC } from '../credential-stuffing/credential-stuffing.detector.ts';
import { clientOf } from './login-attempt.ts';

const MAX_CROWDS = 10_000;
/** As long as the alert stays open after its last finding, unless somebody set it. */
const OPEN_MS = 30 * MINUTE_MS;
/** Part of a crowd's failures from which on an address is no longer one of many. */
const OWN_SHARE = 0.2;

/** Who tries stolen passwords at a service with which program, as credential-stuffing tells: its addresses need no alerts of their own. */
export class StuffingCrowds {
  readonly #crowds = new BoundedMap<{ failures: number; until: number }>(MAX_CROWDS);

  get evicted(): number {
    return this.#crowds.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#crowds.forgetLanes(lanes);
  }

  hear(finding: Finding, event: ApiEvent, at: number, lane: number): void {
    if (finding.type !== 'credential-stuffing' || finding.observed.metric !== SUSPECT_METRIC) return;
    this.#crowds.set(keyOf(event), { failures: finding.observed.value, until: at + OPEN_MS }, lane);
  }

  /** `failures`: those of this address in ten minutes. */
  has(event: ApiEvent, at: number, failures: number): boolean {
    if (this.#crowds.size === 0) return false;
    const crowd = this.#crowds.peek(keyOf(event));
    return crowd !== undefined && at <= crowd.until && failures <= OWN_SHARE * crowd.failures;
  }
}

const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${clientOf(event)}`;
