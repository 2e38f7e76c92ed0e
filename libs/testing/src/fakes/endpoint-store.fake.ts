import { DEFAULT_FLOW_KEYWORDS, type FlowKeywords } from '@outrider/domain/endpoints/business-flow';
import type { EndpointChange, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import type { LearnedService, TemplateScope } from '@outrider/domain/traffic/learned-templates';
import {
  EndpointStore,
  type EndpointQuery,
  type LearnedScope,
  type Learning,
  type LearningSave,
  type OpenApiImport,
  type TemplateCorrection,
} from '@outrider/ports/endpoint-store';

/** EndpointStore in memory, for unit tests of flow logic; nothing is audited. */
export class FakeEndpointStore extends EndpointStore {
  readonly known = new Map<string, KnownEndpoint>();
  readonly told: EndpointChange[] = [];
  readonly corrections: TemplateCorrection[] = [];
  readonly imports: OpenApiImport[] = [];
  readonly #scopes = new Map<string, LearnedScope>();
  readonly #keywords = new Map<string, FlowKeywords>();
  #cursor = 0;
  #version = 0;

  async loadLearning(): Promise<Learning> {
    return { cursor: this.#cursor, scopes: [...this.#scopes.values()] };
  }

  async saveLearning(save: LearningSave): Promise<void> {
    this.#cursor = save.cursor;
    this.#version++;
    for (const scope of save.scopes)
      this.#scopes.set(JSON.stringify([scope.tenant, scope.gateway, scope.service, scope.host]), scope);
    for (const one of save.endpoints) {
      const key = `${one.tenant} ${one.id}`;
      const before = this.known.get(key) ?? { parameters: {}, dataClasses: [], traffic: null };
      this.known.set(key, { ...before, ...one });
    }
    this.told.push(...save.changes);
    for (const { id } of save.appliedCorrections)
      this.corrections.splice(0, Infinity, ...this.corrections.filter((one) => one.id !== id));
  }

  async templatesVersion(): Promise<number> {
    return this.#version;
  }

  async learnedServices(): Promise<readonly LearnedService[]> {
    return [...this.#scopes.values()].filter(({ differs }) => differs);
  }

  async pendingCorrections(limit: number): Promise<readonly TemplateCorrection[]> {
    return this.corrections.slice(0, limit);
  }

  async correct(tenant: string, correction: Omit<TemplateCorrection, 'id' | 'tenant'>): Promise<TemplateCorrection> {
    const made = { ...correction, id: `correction-${this.corrections.length}`, tenant };
    this.corrections.push(made);
    return made;
  }

  async endpoints(query: EndpointQuery): Promise<readonly KnownEndpoint[]> {
    const { tenant, gateway, service, host, method, state, templateContains, after, limit } = query;
    return [...this.known.values()]
      .filter(
        (one) =>
          one.tenant === tenant &&
          (gateway === undefined || one.gateway === gateway) &&
          (service === undefined || one.serviceId === service || one.serviceName === service) &&
          (host === undefined || one.host === host) &&
          (method === undefined || one.method === method) &&
          (state === undefined ? one.state !== 'replaced' : one.state === state) &&
          (templateContains === undefined || one.template.includes(templateContains)) &&
          (after === undefined || sortKey(one) > sortKey(after)),
      )
      .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
      .slice(0, limit);
  }

  async endpoint(tenant: string, id: string): Promise<KnownEndpoint | undefined> {
    return this.known.get(`${tenant} ${id}`);
  }

  async scopes(): Promise<readonly TemplateScope[]> {
    return [...this.#scopes.values()];
  }

  async saveInventory(endpoints: readonly KnownEndpoint[], changes: readonly EndpointChange[]): Promise<void> {
    for (const one of endpoints) this.known.set(`${one.tenant} ${one.id}`, one);
    this.told.push(...changes);
  }

  async changes(query: Parameters<EndpointStore['changes']>[0]): Promise<readonly EndpointChange[]> {
    const { tenant, endpointId, kinds, after, limit } = query;
    return this.told
      .filter(
        (one) =>
          one.tenant === tenant &&
          (endpointId === undefined || one.endpointId === endpointId) &&
          (kinds === undefined || kinds.includes(one.kind)) &&
          (after === undefined || one.at < after.at || (one.at === after.at && one.id < after.id)),
      )
      .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }

  async flowKeywords(tenant: string): Promise<FlowKeywords> {
    return this.#keywords.get(tenant) ?? DEFAULT_FLOW_KEYWORDS;
  }

  async setFlowKeywords(tenant: string, keywords: FlowKeywords): Promise<void> {
    this.#keywords.set(tenant, keywords);
  }

  async documents(tenant: string): Promise<readonly OpenApiImport[]> {
    return this.imports.filter((one) => one.tenant === tenant);
  }

  async importDocument(
    tenant: string,
    document: Parameters<EndpointStore['importDocument']>[1],
    importedBy: string,
  ): Promise<OpenApiImport> {
    const id = `00000000-0000-4000-8000-${String(this.imports.length).padStart(12, '0')}`;
    const made = { ...document, id, tenant, importedAt: 0, importedBy };
    this.imports.push(made);
    return made;
  }

  async removeDocument(tenant: string, id: string): Promise<boolean> {
    const at = this.imports.findIndex((one) => one.tenant === tenant && one.id === id);
    if (at !== -1) this.imports.splice(at, 1);
    return at !== -1;
  }
}

const sortKey = ({ template, method, id }: { template: string; method: string; id: string }): string =>
  `${template}\u0000${method}\u0000${id}`;
