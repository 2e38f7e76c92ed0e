import type { KnownEndpoint } from './known-endpoint.ts';
import { diffEndpoints } from './openapi-diff.ts';
import type { DocumentedEndpoint } from './openapi-templates.ts';

/** A document as it was imported: of which gateway and service (id or name) it speaks; '' = any. */
export interface ImportedDocument {
  readonly gateway: string;
  readonly service: string;
  readonly endpoints: readonly DocumentedEndpoint[];
}

export type EndpointFindingKind = 'shadow' | 'zombie' | 'orphan';

export interface EndpointFinding {
  readonly kind: EndpointFindingKind;
  readonly method: string;
  readonly template: string;
  /** Observed; absent for what is documented and silent. */
  readonly endpoint: KnownEndpoint | undefined;
  /** Title of the document that has it; '' for shadows and old versions. */
  readonly document: string;
  /** A sentence. */
  readonly reason: string;
}

export interface FindingGates {
  /** Good answers before an endpoint that no document has is more than noise. */
  readonly minSuccesses: number;
  /** Different hours with good answers. */
  readonly minHours: number;
}
export const FINDING_GATES: FindingGates = { minSuccesses: 20, minHours: 2 };

/**
 * Shadow (observed, in no document), zombie (deprecated, past its end, or an old version beside a newer one) and orphan (documented or
 * known, and silent) endpoints of one tenant. Without documents for a service nothing of it is shadow. Noise: below the gates, HEAD and
 * OPTIONS, what is replaced. `now`: ms.
 */
export const endpointFindings = (
  endpoints: readonly KnownEndpoint[],
  documents: readonly ImportedDocument[],
  now: number,
  gates: FindingGates = FINDING_GATES,
): readonly EndpointFinding[] => {
  const found: EndpointFinding[] = [];
  for (const group of grouped(endpoints)) {
    const [first] = group;
    if (first === undefined) continue;
    const documented = documents.filter((one) => speaksOf(one, first)).flatMap((one) => one.endpoints);
    const heard = group.filter((one) => isHeard(one, gates));
    if (documented.length > 0) {
      const diff = diffEndpoints(heard, documented, now, first.host);
      for (const endpoint of diff.shadow)
        found.push(finding('shadow', endpoint, '', 'answers, and no document has it'));
      for (const { observed, documented: one } of diff.zombie)
        found.push(finding('zombie', observed, one.document, 'answers, though its document says that it is over'));
      for (const one of diffEndpoints(group, documented, now, first.host).orphan)
        found.push({
          kind: 'orphan', method: one.method, template: one.template, endpoint: undefined, document: one.document,
          reason: 'is documented, and was never seen',
        }); // prettier-ignore
    }
    const isTold = new Set(found.map(({ endpoint }) => endpoint));
    for (const endpoint of oldVersions(heard))
      if (!isTold.has(endpoint))
        found.push(finding('zombie', endpoint, '', 'answers beside a newer version of itself'));
    for (const endpoint of group)
      if (endpoint.state === 'silent') found.push(finding('orphan', endpoint, '', 'is known, and silent'));
  }
  return found;
};

const finding = (
  kind: EndpointFindingKind,
  endpoint: KnownEndpoint,
  document: string,
  reason: string,
): EndpointFinding => ({ kind, method: endpoint.method, template: endpoint.template, endpoint, document, reason });

/** By tenant, gateway, service and host: documents are compared with these. */
const grouped = (endpoints: readonly KnownEndpoint[]): Iterable<readonly KnownEndpoint[]> => {
  const groups = new Map<string, KnownEndpoint[]>();
  for (const one of endpoints) {
    if (one.state === 'replaced') continue;
    const key = JSON.stringify([one.tenant, one.gateway, one.serviceId, one.host]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups.values();
};

const speaksOf = ({ gateway, service }: ImportedDocument, endpoint: KnownEndpoint): boolean =>
  (gateway === '' || gateway === endpoint.gateway) &&
  (service === '' || service === endpoint.serviceId || service === endpoint.serviceName);

const isHeard = ({ state, method, successes, hours }: KnownEndpoint, gates: FindingGates): boolean =>
  state === 'active' &&
  method !== 'HEAD' &&
  method !== 'OPTIONS' &&
  successes >= gates.minSuccesses &&
  hours >= gates.minHours;

const VERSION = /\/v(\d{1,2})(?=\/|$)/;

/** `/v1/orders` beside `/v2/orders`: the same but for the version, both in use. */
const oldVersions = (endpoints: readonly KnownEndpoint[]): readonly KnownEndpoint[] => {
  const newest = new Map<string, number>();
  const keyed = endpoints.flatMap((endpoint) => {
    const match = VERSION.exec(endpoint.template);
    if (match === null) return [];
    const version = Number(match[1]);
    const key = `${endpoint.method} ${endpoint.template.replace(VERSION, '/v').replace(/\{[^}]*\}/g, '{}')}`;
    newest.set(key, Math.max(newest.get(key) ?? 0, version));
    return [{ endpoint, key, version }];
  });
  return keyed.filter(({ key, version }) => version < (newest.get(key) ?? 0)).map(({ endpoint }) => endpoint);
};
