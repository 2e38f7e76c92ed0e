import type { EndpointFinding, EndpointListQuery } from '@outrider/contracts/http/endpoints';
import { FlowTagger } from '@outrider/domain/endpoints/business-flow';
import { endpointFindings } from '@outrider/domain/endpoints/endpoint-findings';
import { sensitivityOf, type EndpointView, type KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { openApiOf } from '@outrider/domain/endpoints/openapi-export';
import type { Clock } from '@outrider/ports/clock';
import type { EndpointQuery, EndpointStore } from '@outrider/ports/endpoint-store';
import { definedOnly } from '../defined-only.ts';

/** Endpoints that one answer looks at. */
const MAX_LOOKED_AT = 20_000;
const STEP = 1_000;

type After = EndpointQuery['after'];

/** Endpoints as they are shown: with the tenant's tags, what they mean for it, and how they differ from its documents. */
export class EndpointReader {
  constructor(
    private readonly store: EndpointStore,
    private readonly clock: Clock,
  ) {}

  async one(tenant: string, id: string): Promise<EndpointView | undefined> {
    const [endpoint, view] = await Promise.all([this.store.endpoint(tenant, id), this.#viewer(tenant)]);
    return endpoint && view(endpoint);
  }

  /** At most one more than `limit`. Tags and sensitivity follow the keywords of now, so that they are filtered here. */
  async list(tenant: string, query: EndpointListQuery, after: After): Promise<readonly EndpointView[]> {
    const { flow, sensitivity, limit, path: templateContains, gateway, service, host, method, state } = query;
    const view = await this.#viewer(tenant);
    const wanted = definedOnly({ gateway, service, host, method, state, templateContains });
    const found: EndpointView[] = [];
    for await (const endpoint of this.#all({ tenant, ...wanted, ...(after ? { after } : {}) })) {
      const one = view(endpoint);
      if (flow !== undefined && !one.flows.includes(flow)) continue;
      if (sensitivity !== undefined && one.sensitivity !== sensitivity) continue;
      if (found.push(one) > limit) break;
    }
    return found;
  }

  async findings(tenant: string, filter: { gateway?: string; service?: string }): Promise<readonly EndpointFinding[]> {
    const documents = await this.store.documents(tenant);
    const endpoints: KnownEndpoint[] = [];
    for await (const one of this.#all({ tenant, ...filter })) endpoints.push(one);
    const found = endpointFindings(endpoints, documents, this.clock.now());
    return found.map((one) => ({ ...one, endpoint: one.endpoint ?? null }));
  }

  /** What was observed of one service, as a document. */
  async exported(
    tenant: string,
    filter: { gateway?: string; service: string; host?: string },
  ): Promise<Record<string, unknown>> {
    const endpoints: KnownEndpoint[] = [];
    for await (const one of this.#all({ tenant, ...filter })) endpoints.push(one);
    const observed = endpoints.map(({ method, template, successes, firstSeenAt: firstAt, lastSeenAt: lastAt }) => ({
      ...{ method, template, successes, firstAt, lastAt },
    }));
    const hosts = [...new Set(endpoints.map(({ host }) => host))].filter((host) => host !== '').sort();
    const servers = hosts.map((host) => `https://${host}`);
    return { ...openApiOf(observed, { title: filter.service, ...(servers.length > 0 ? { servers } : {}) }) };
  }

  async *#all(query: Omit<EndpointQuery, 'limit'>): AsyncGenerator<KnownEndpoint> {
    let { after } = query;
    for (let seen = 0; seen < MAX_LOOKED_AT; seen += STEP) {
      const page = await this.store.endpoints({ ...query, limit: STEP, ...(after ? { after } : {}) });
      yield* page;
      after = page.at(-1);
      if (page.length < STEP) return;
    }
  }

  async #viewer(tenant: string): Promise<(endpoint: KnownEndpoint) => EndpointView> {
    const tagger = new FlowTagger(await this.store.flowKeywords(tenant));
    return (endpoint) => {
      const flows = [...tagger.tagsOf(endpoint.template)];
      return { ...endpoint, flows, sensitivity: sensitivityOf(endpoint.dataClasses, flows) };
    };
  }
}
