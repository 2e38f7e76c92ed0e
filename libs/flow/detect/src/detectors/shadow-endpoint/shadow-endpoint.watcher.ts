import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DocumentedEndpoints } from './documented-endpoints.ts';
import type { ShadowEndpointSettings } from './shadow-endpoint.settings.ts';

export const SHADOW_ENDPOINT_VERSION = '1';

/** Segments that name a place: `/api/v3/members`. */
const AREA_DEPTH = 3;
const MAX_AREAS = 10_000;

export class ShadowEndpointWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #documented: DocumentedEndpoints;
  readonly #areas = new BoundedMap<{ told: number }>(MAX_AREAS);

  constructor(private readonly deps: DetectorDeps<ShadowEndpointSettings>) {
    this.#documented = new DocumentedEndpoints(deps.knowledge);
  }

  get evicted(): number {
    return this.#documented.evicted;
  }

  /** What documents say is nobody's. */
  forgetLanes(): void {}

  forget(): void {}

  observe(event: ApiEvent, at: number, { endpoint, warmUp }: Caller): Draft | undefined {
    if (this.#documented.isEmpty || endpoint === undefined || event.method === 'HEAD') return undefined;
    // A path that goes up again names a file, not an endpoint.
    if (event.pathTemplate.includes('/../')) return undefined;
    const settings = this.deps.settings.of(event);
    if (this.#documented.due(event, at, endpoint, 'absent', settings) === undefined) return undefined;
    if (!this.#isNews(event, settings.perArea)) return undefined;
    const evidence = new Evidence();
    evidence.add(event, at);
    const id = endpointOf(event);
    return findingOf({
      event,
      entity: { kind: 'endpoint', id, name: id },
      type: 'shadow-endpoint',
      version: SHADOW_ENDPOINT_VERSION,
      severity: endpoint.anonymous > 0 && endpoint.authenticated === 0 ? 'medium' : 'low',
      confidence: 0.8,
      at,
      from: endpoint.firstAt,
      observed: {
        metric: 'good answers of an endpoint in no document',
        value: endpoint.successes,
        unit: 'since it is known',
      },
      expected: { low: 0, high: settings.minSuccesses, mean: 0, n: 0, p: 1, warmUp },
      explanation: `${id} has given ${endpoint.successes} good answers to ${endpoint.callers.size} callers with a credential, and no document of its service has it (from ${settings.minSuccesses} on, over ${settings.minHours} h, it is told). What nobody documented, nobody reviews.`,
      evidence,
    });
  }

  /** Many undocumented siblings are one undocumented place with values in its path. */
  #isNews({ tenant, serviceId, pathTemplate }: ApiEvent, perArea: number): boolean {
    const segments = pathTemplate.split('/');
    const areas: { told: number }[] = [];
    for (let depth = AREA_DEPTH; depth < segments.length; depth++)
      areas.push(
        this.#areas.getOrMake(`${tenant}|${serviceId}|${segments.slice(0, depth + 1).join('/')}`, () => ({ told: 0 })),
      );
    if (areas.slice(0, -1).some(({ told }) => told >= perArea)) return false;
    for (const area of areas) area.told++;
    return true;
  }

  explain(event: ApiEvent, _at: number, { endpoint }: Caller): string | undefined {
    if (endpoint === undefined || this.#documented.known(endpoint)?.state !== 'absent') return undefined;
    return `No document has ${endpointOf(event)}, which has given ${endpoint.successes} good answers.`;
  }
}
