import type { Finding } from '@outrider/domain/detection/alert';
import type {
  AllControls,
  DetectionException,
  DetectorOverride,
  DetectorState,
} from '@outrider/domain/detection/detection-control';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectionControls } from '../engine/controls.ts';
import type { DetectorDefinition, DetectorSettings, Tuned } from '../engine/detector.ts';
import { readyException, type ReadyException, type Told } from './exception-match.ts';
import { LiveTuned, type TunedBy } from './live-tuned.ts';
import { NOWHERE, ScopedOverrides, type Place } from './scoped-overrides.ts';

/** Why a finding is not told, or not acted upon; `invalid-override`: kept settings do not fit the detector any more, its own hold. */
export type HeldReason = 'off' | 'excepted' | 'simulated' | 'invalid-override';

type ByTenant = ReadonlyMap<string, ScopedOverrides>;

/** What people decided, in force. `refresh` changes all of it at once; between refreshes nothing is read. */
export class LiveControls implements DetectionControls {
  /** By type: what the detectors of all engines look at. */
  readonly #tuned = new Map<string, TunedBy>();
  #overrides: ReadonlyMap<string, ByTenant> = new Map();
  #settings: ReadonlyMap<string, ByTenant> = new Map();
  #exceptions: ReadonlyMap<string, readonly ReadyException[]> = new Map();

  /** `onHeld`: counts. */
  constructor(private readonly onHeld: (reason: HeldReason) => void = () => undefined) {}

  refresh({ overrides, exceptions }: AllControls): void {
    this.#overrides = byType(overrides);
    this.#settings = byType(overrides.filter(({ settings }) => Object.keys(settings).length > 0));
    const byTenant = new Map<string, ReadyException[]>();
    for (const { tenant, ...exception } of exceptions) {
      const known = byTenant.get(tenant);
      if (known) known.push(readyException(exception));
      else byTenant.set(tenant, [readyException(exception)]);
    }
    this.#exceptions = byTenant;
    for (const [type, by] of this.#tuned) by.overrides = this.#settings.get(type);
  }

  tuned<S extends DetectorSettings>(definition: DetectorDefinition, base: S): Tuned<S> {
    let by = this.#tuned.get(definition.type);
    if (!by) this.#tuned.set(definition.type, (by = { overrides: this.#settings.get(definition.type) }));
    return new LiveTuned(definition, base, by, () => this.onHeld('invalid-override'));
  }

  pass(finding: Finding, event?: ApiEvent): Finding | undefined {
    const state = this.stateOf(finding.type, finding.tenant, event ?? placeOf(finding));
    if (state === 'off') {
      this.onHeld('off');
      return undefined;
    }
    if (this.exceptionOf(finding.tenant, finding, event)) {
      this.onHeld('excepted');
      return undefined;
    }
    if (state !== 'simulated' || finding.simulated) return finding;
    this.onHeld('simulated');
    return { ...finding, simulated: true };
  }

  /** Somebody changed a setting of it somewhere. */
  isTuned(type: string): boolean {
    return this.#settings.has(type);
  }

  stateOf(type: string, tenant: string, place: Place): DetectorState {
    return this.#overrides.get(type)?.get(tenant)?.at(place).state ?? 'on';
  }

  exceptionOf(tenant: string, finding: Told, event: ApiEvent | undefined): DetectionException | undefined {
    return this.#exceptions.get(tenant)?.find((one) => one.holds(finding, event))?.exception;
  }

  /** Exceptions of which all that an event shows holds, whatever their types. */
  exceptionsAbout(event: ApiEvent, about: Told): readonly DetectionException[] {
    return (this.#exceptions.get(event.tenant) ?? [])
      .filter(({ exception, holds }) => holds({ ...about, type: exception.types[0] ?? about.type }, event))
      .map(({ exception }) => exception);
  }
}

const byType = (overrides: AllControls['overrides']): Map<string, ByTenant> => {
  const lists = new Map<string, Map<string, DetectorOverride[]>>();
  for (const { tenant, ...override } of overrides) {
    let tenants = lists.get(override.type);
    if (!tenants) lists.set(override.type, (tenants = new Map()));
    const known = tenants.get(tenant);
    if (known) known.push(override);
    else tenants.set(tenant, [override]);
  }
  return new Map(
    [...lists].map(([type, tenants]) => [
      type,
      new Map([...tenants].map(([tenant, list]) => [tenant, new ScopedOverrides(list)])),
    ]),
  );
};

/** Of a finding that no single event completed: the service or route that it is about, or the only one that it names. */
const placeOf = ({ entity, scope }: Finding): Place => {
  const only = (names: readonly string[]): string => (names.length === 1 ? (names[0] ?? '') : '');
  const service = entity.kind === 'service' ? entity : { id: '', name: only(scope.services) };
  const route = entity.kind === 'route' ? entity : { id: '', name: only(scope.routes) };
  return { ...NOWHERE, serviceId: service.id, serviceName: service.name, routeId: route.id, routeName: route.name };
};
