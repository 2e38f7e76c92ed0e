import type { FlowKeywords } from '@outrider/domain/endpoints/business-flow';
import type { EndpointChange, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import type { DocumentedEndpoint } from '@outrider/domain/endpoints/openapi-templates';
import type { LearnedService, LearnedTemplate, TemplateScope } from '@outrider/domain/traffic/learned-templates';

/** What a learner knows of one service under one host. */
export interface LearnedScope extends TemplateScope {
  /** The learner's own format; holds path segments in clear. */
  readonly snapshot: Uint8Array;
  /** The templates differ from what shapes alone prove: matchers need them. */
  readonly differs: boolean;
  readonly templates: readonly LearnedTemplate[];
}

/** What the operator said about templates; applied by the learner, in order. */
export interface TemplateCorrection extends TemplateScope {
  readonly id: string;
  readonly kind: 'merge' | 'pin' | 'split';
  readonly template: string;
  /** Of `pin`: known from now on; '' = only the path. */
  readonly method: string;
  /** Of `split`: the name that is no value. */
  readonly name: string;
}

export interface Learning {
  /** What was received before this is learned; ms. 0 at first. */
  readonly cursor: number;
  readonly scopes: readonly Pick<LearnedScope, keyof TemplateScope | 'snapshot' | 'differs'>[];
}

export interface LearningSave {
  readonly cursor: number;
  /** Only those that changed. */
  readonly scopes: readonly LearnedScope[];
  /** Known endpoints that are new or changed: written over those of the same id, inventory kept. */
  readonly endpoints: readonly EndpointSighting[];
  readonly changes: readonly EndpointChange[];
  readonly appliedCorrections: readonly { readonly id: string; readonly problem: string }[];
}

export type EndpointSighting = Omit<KnownEndpoint, 'parameters' | 'dataClasses' | 'traffic'>;

export interface EndpointQuery {
  readonly tenant: string;
  readonly gateway?: string;
  /** Id or name. */
  readonly service?: string;
  readonly host?: string;
  readonly method?: string;
  readonly state?: KnownEndpoint['state'];
  readonly templateContains?: string;
  readonly limit: number;
  /** Sort key of the last one of the page before: template, method, id. */
  readonly after?: { readonly template: string; readonly method: string; readonly id: string };
}

export interface OpenApiImport {
  readonly id: string;
  readonly tenant: string;
  readonly title: string;
  /** Compared with endpoints of this gateway and service (id or name) only; '' = all. */
  readonly gateway: string;
  readonly service: string;
  readonly importedAt: number;
  readonly importedBy: string;
  readonly endpoints: readonly DocumentedEndpoint[];
}

/**
 * Endpoints as they were learned (PostgreSQL). `saveLearning` is all or nothing: after a crash the learner goes on from the saved cursor
 * with the saved state. Operators' commands are audited in the same transaction.
 */
export abstract class EndpointStore {
  abstract loadLearning(): Promise<Learning>;
  abstract saveLearning(save: LearningSave): Promise<void>;
  /** Grows whenever templates of any service change. */
  abstract templatesVersion(): Promise<number>;
  /** Of services whose templates differ from typed ones. */
  abstract learnedServices(): Promise<readonly LearnedService[]>;
  abstract pendingCorrections(limit: number): Promise<readonly TemplateCorrection[]>;
  abstract correct(
    tenant: string,
    correction: Omit<TemplateCorrection, 'id' | 'tenant'>,
    actor: string,
  ): Promise<TemplateCorrection>;

  /** In order of template, method and id. */
  abstract endpoints(query: EndpointQuery): Promise<readonly KnownEndpoint[]>;
  abstract endpoint(tenant: string, id: string): Promise<KnownEndpoint | undefined>;
  /** Tenants and services that have endpoints. */
  abstract scopes(): Promise<readonly TemplateScope[]>;
  /** What was seen of known endpoints since, with the changes that it makes. */
  abstract saveInventory(endpoints: readonly KnownEndpoint[], changes: readonly EndpointChange[]): Promise<void>;
  /** Newest first. */
  abstract changes(query: {
    readonly tenant: string;
    readonly endpointId?: string;
    readonly kinds?: readonly EndpointChange['kind'][];
    readonly limit: number;
    readonly after?: { readonly at: number; readonly id: string };
  }): Promise<readonly EndpointChange[]>;

  abstract flowKeywords(tenant: string): Promise<FlowKeywords>;
  abstract setFlowKeywords(tenant: string, keywords: FlowKeywords, actor: string): Promise<void>;

  abstract documents(tenant: string): Promise<readonly OpenApiImport[]>;
  abstract importDocument(
    tenant: string,
    document: Omit<OpenApiImport, 'id' | 'tenant' | 'importedAt' | 'importedBy'>,
    actor: string,
  ): Promise<OpenApiImport>;
  abstract removeDocument(tenant: string, id: string, actor: string): Promise<boolean>;
}
