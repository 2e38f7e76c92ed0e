import type { ApiEvent } from '../traffic/api-event.ts';
import { diffEndpoints } from './openapi-diff.ts';
import type { DocumentedEndpoint } from './openapi-templates.ts';
import type { ImportedDocument } from './endpoint-findings.ts';

export interface DocumentVerdict {
  /**
   * `absent`: no document has it, though one has others of its service; `over`: documented as deprecated or past its end;
   * `unknown`: no document speaks of its service.
   */
  readonly state: 'documented' | 'absent' | 'over' | 'unknown';
  /** Title of the document that has it; '' where none does. */
  readonly document: string;
}

type Asked = Pick<ApiEvent, 'tenant' | 'gateway' | 'serviceId' | 'serviceName' | 'host' | 'method' | 'pathTemplate'>;

const UNKNOWN: DocumentVerdict = { state: 'unknown', document: '' };
const MAX_SERVICES = 10_000;

/** What imported OpenAPI documents say of an endpoint. Costs a search through the document: ask once an endpoint, not once an event. */
export class DocumentIndex {
  static readonly NONE = new DocumentIndex(new Map());
  /** Services that a document was seen to speak of, as `tenant|service`. */
  readonly #spokenOf = new Set<string>();

  constructor(private readonly documents: ReadonlyMap<string, readonly ImportedDocument[]>) {}

  get isEmpty(): boolean {
    return this.documents.size === 0;
  }

  /** `now`: ms, for ends that have passed. */
  verdict(event: Asked, now: number): DocumentVerdict {
    const documented = (this.documents.get(event.tenant) ?? [])
      .filter(
        ({ gateway, service }) =>
          (gateway === '' || gateway === event.gateway) &&
          (service === '' || service === event.serviceId || service === event.serviceName),
      )
      .flatMap(({ endpoints }) => endpoints);
    if (documented.length === 0) return UNKNOWN;
    const asked = { method: event.method, template: event.pathTemplate };
    const { shadow, zombie } = diffEndpoints([asked], documented, now, event.host);
    if (shadow.length > 0 && documented.some((one) => swallows(one, event.method, event.pathTemplate)))
      return { state: 'documented', document: '' };
    const service = `${event.tenant}|${event.serviceId}`;
    const [over] = zombie;
    if (shadow.length === 0) {
      if (this.#spokenOf.size < MAX_SERVICES) this.#spokenOf.add(service);
      return over === undefined
        ? { state: 'documented', document: '' }
        : { state: 'over', document: over.documented.document };
    }
    return this.#spokenOf.has(service) ? { state: 'absent', document: '' } : UNKNOWN;
  }
}

/** Parameters that stand for a whole path, though OpenAPI has no such thing: `/repos/{owner}/contents/{path}`. */
const GREEDY =
  /^(?<before>.*\/)\{(?:\w*path\w*|\*|proxy\+?|file\w*|key|ref|branch|tail|rest|splat|wildcard|object)\+?\}$/i;

const swallows = (documented: DocumentedEndpoint, method: string, template: string): boolean => {
  const before = documented.method === method ? GREEDY.exec(documented.template)?.groups?.['before'] : undefined;
  if (before === undefined) return false;
  const parts = before.split('/');
  const segments = template.split('/');
  return (
    segments.length >= parts.length &&
    parts.slice(0, -1).every((part, i) => part === segments[i] || (part.startsWith('{') && segments[i] !== ''))
  );
};
