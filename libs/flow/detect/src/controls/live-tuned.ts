import type { DetectorDefinition, DetectorSettings, Tuned, TunedPlace } from '../engine/detector.ts';
import { changed } from './check-settings.ts';
import { NOWHERE, placeKey, type Place, type ScopedOverrides } from './scoped-overrides.ts';

/** Services and routes whose settings are remembered, per tenant and detector; some 200 bytes each. */
const MAX_PLACES = 5_000;

/** What tenants changed of one detector's settings, as of now; undefined: nobody anything. */
export interface TunedBy {
  overrides: ReadonlyMap<string, ScopedOverrides> | undefined;
}

/** A detector's settings event by event: one comparison while nobody tuned it, look-ups of what was made once else. */
export class LiveTuned<S extends DetectorSettings> implements Tuned<S> {
  #madeOf: TunedBy['overrides'];
  #tenants: ReadonlyMap<string, TenantSettings<S>> = new Map();

  constructor(
    readonly definition: DetectorDefinition,
    readonly base: S,
    private readonly by: Readonly<TunedBy>,
    private readonly onInvalid: () => void,
  ) {}

  of(event: TunedPlace): S {
    const { overrides } = this.by;
    if (overrides === undefined) return this.base;
    if (overrides !== this.#madeOf) this.#make(overrides);
    return this.#tenants.get(event.tenant)?.of(event) ?? this.base;
  }

  #make(overrides: ReadonlyMap<string, ScopedOverrides>): void {
    const resolve = (given: ScopedOverrides, place: Place): S => {
      const settings = changed(this.definition, this.base, given.at(place).changes);
      if (settings === undefined) this.onInvalid();
      return settings ?? this.base;
    };
    this.#madeOf = overrides;
    this.#tenants = new Map([...overrides].map(([tenant, given]) => [tenant, new TenantSettings(given, resolve)]));
  }
}

class TenantSettings<S> {
  /** Of what is tuned for all services alike. */
  readonly #everywhere: S | undefined;
  readonly #byPlace = new Map<string, S>();

  constructor(
    private readonly overrides: ScopedOverrides,
    private readonly resolve: (overrides: ScopedOverrides, place: Place) => S,
  ) {
    this.#everywhere = overrides.isScoped ? undefined : resolve(overrides, NOWHERE);
  }

  of(place: Place): S {
    if (this.#everywhere !== undefined) return this.#everywhere;
    const key = placeKey(place);
    const known = this.#byPlace.get(key);
    if (known !== undefined) return known;
    if (this.#byPlace.size >= MAX_PLACES) this.#byPlace.clear();
    const settings = this.resolve(this.overrides, place);
    this.#byPlace.set(key, settings);
    return settings;
  }
}
