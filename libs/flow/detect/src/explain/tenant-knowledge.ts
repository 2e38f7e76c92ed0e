import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import { CurrentTemplates } from '@outrider/ports/current-templates';
import type { EndpointStore } from '@outrider/ports/endpoint-store';

export interface KnownEndpoints {
  readonly templates: LearnedTemplates;
  readonly documents: DocumentIndex;
}

/** Learned templates and OpenAPI documents of a tenant, as running analyzers have them; read when somebody asks. */
export class TenantKnowledge {
  readonly #templates: CurrentTemplates;

  constructor(
    private readonly store: Pick<EndpointStore, 'templatesVersion' | 'learnedServices' | 'documents'>,
    /** Templates could not be read: those of the last time are used. */
    onError: (error: unknown) => void,
  ) {
    this.#templates = new CurrentTemplates({ store, onError });
  }

  /** Rejects when the documents cannot be read. */
  async of(tenant: string): Promise<KnownEndpoints> {
    const [documents] = await Promise.all([this.store.documents(tenant), this.#templates.refresh()]);
    return {
      templates: this.#templates.current,
      documents: documents.length === 0 ? DocumentIndex.NONE : new DocumentIndex(new Map([[tenant, documents]])),
    };
  }
}
