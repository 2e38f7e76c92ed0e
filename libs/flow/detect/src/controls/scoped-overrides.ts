import type { DetectorOverride, DetectorState, SettingsChange } from '@outrider/domain/detection/detection-control';

/** Where a request went; '' where that is not known. An event is one. */
export interface Place {
  readonly serviceId: string;
  readonly serviceName: string;
  readonly routeId: string;
  readonly routeName: string;
}

export interface Decision {
  readonly state: DetectorState;
  /** Changes of settings, the widest scope first. */
  readonly changes: readonly SettingsChange[];
}

/** Routes are within services: what is said of one weighs more. */
const weight = ({ service, route }: DetectorOverride): number => (route === '' ? 0 : 2) + (service === '' ? 0 : 1);

const covers = ({ service, route }: DetectorOverride, place: Place): boolean =>
  (service === '' || service === place.serviceId || service === place.serviceName) &&
  (route === '' || route === place.routeId || route === place.routeName);

/** What one tenant decided about one detector. */
export class ScopedOverrides {
  readonly #byWeight: readonly DetectorOverride[];
  /** Somebody decided by service or route. */
  readonly isScoped: boolean;

  constructor(overrides: readonly DetectorOverride[]) {
    this.#byWeight = [...overrides].sort((a, b) => weight(a) - weight(b) || a.updatedAt - b.updatedAt);
    this.isScoped = overrides.some((one) => weight(one) > 0);
  }

  /** Settings of wider scopes hold where narrower ones do not differ; the narrowest state counts. */
  at(place: Place): Decision {
    let state: DetectorState = 'on';
    const changes: SettingsChange[] = [];
    for (const one of this.#byWeight) {
      if (!covers(one, place)) continue;
      state = one.state ?? state;
      if (Object.keys(one.settings).length > 0) changes.push(one.settings);
    }
    return { state, changes };
  }
}

export const NOWHERE: Place = { serviceId: '', serviceName: '', routeId: '', routeName: '' };

/** Text key of a place; ids and names, since overrides may go by either. */
export const placeKey = ({ serviceId, routeId, serviceName, routeName }: Place): string =>
  `${serviceId}|${routeId}|${serviceName}|${routeName}`;
