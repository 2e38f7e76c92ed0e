import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { EndpointStore, OpenApiImport } from '@outrider/ports/endpoint-store';

/** The OpenAPI documents of all tenants with traffic, made into an index anew when one of them changed. */
export class CurrentDocuments {
  #signature = '';

  constructor(
    private readonly store: Pick<EndpointStore, 'documents' | 'scopes'>,
    private readonly onChange: (documents: DocumentIndex) => void,
  ) {}

  /** Rejects when the store is away; what was known goes on being used. */
  async refresh(): Promise<void> {
    const tenants = [...new Set((await this.store.scopes()).map(({ tenant }) => tenant))].sort();
    const found = new Map<string, readonly OpenApiImport[]>();
    for (const tenant of tenants) {
      const documents = await this.store.documents(tenant);
      if (documents.length > 0) found.set(tenant, documents);
    }
    const signature = JSON.stringify([...found.values()].flat().map(({ id, importedAt }) => [id, importedAt]));
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.onChange(new DocumentIndex(found));
  }
}
