import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  OpenApiDocument,
  OpenApiDocumentBody,
  OpenApiDocumentPage,
  OpenApiExport,
  OpenApiExportQuery,
  PagingQuery,
} from '@outrider/contracts/http/endpoints';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import {
  OPENAPI_LIMITS,
  OpenApiError,
  templatesFromOpenApi,
  type DocumentedEndpoint,
} from '@outrider/domain/endpoints/openapi-templates';
import { CallerError } from '@outrider/platform/errors';
import { EndpointStore, type OpenApiImport } from '@outrider/ports/endpoint-store';
import { Caller } from '../access/caller.ts';
import { definedOnly } from '../defined-only.ts';
import { InvalidInput } from '../http/problem.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';
import { EndpointReader } from './endpoint-reader.ts';

@ApiTags('endpoints')
@Controller('v1')
export class OpenApiDocumentsController {
  constructor(
    private readonly store: EndpointStore,
    private readonly reader: EndpointReader,
  ) {}

  @Get('openapi-documents')
  @Route({ id: 'listOpenApiDocuments', summary: 'Imported documents', role: 'viewer', answer: OpenApiDocumentPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: PagingQuery }) query: PagingQuery,
  ): Promise<Page<OpenApiDocument>> {
    return pageOfAll(await this.store.documents(caller.tenant), query, viewOf);
  }

  @Post('openapi-documents')
  @Route({
    id: 'importOpenApiDocument',
    summary: 'What an OpenAPI 3 document promises, to compare traffic with',
    role: 'admin',
    status: 201,
    answer: OpenApiDocument,
    problems: [409, 413],
  })
  async import(
    @Caller() caller: Principal,
    @Body({ schema: OpenApiDocumentBody }) body: OpenApiDocumentBody,
  ): Promise<OpenApiDocument> {
    const endpoints = operationsOf(body.document);
    if ((await this.store.documents(caller.tenant)).length >= OPENAPI_LIMITS.documents)
      throw new CallerError(`there may be at most ${OPENAPI_LIMITS.documents} documents`, 'too-many', 409);
    const { gateway = '', service = '' } = body;
    const title = endpoints[0]?.document ?? '';
    return viewOf(await this.store.importDocument(caller.tenant, { title, gateway, service, endpoints }, caller.name));
  }

  @Delete('openapi-documents/:id')
  @Route({ id: 'removeOpenApiDocument', summary: 'Forget a document', role: 'admin', status: 204, problems: [404] })
  async remove(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.store.removeDocument(caller.tenant, id, caller.name)) || undefined, 'document');
  }

  @Get('openapi')
  @Route({
    id: 'exportOpenApi',
    summary: 'What was observed of a service, as an OpenAPI 3.1 document',
    role: 'viewer',
    answer: OpenApiExport,
  })
  export(
    @Caller() caller: Principal,
    @Query({ schema: OpenApiExportQuery }) query: OpenApiExportQuery,
  ): Promise<Record<string, unknown>> {
    const { gateway, host, service } = query;
    return this.reader.exported(caller.tenant, { service, ...definedOnly({ gateway, host }) });
  }
}

const operationsOf = (document: unknown): readonly DocumentedEndpoint[] => {
  try {
    return templatesFromOpenApi(document);
  } catch (error) {
    if (error instanceof OpenApiError)
      throw new InvalidInput([{ path: `document${error.where}`, message: error.problem }]);
    throw error;
  }
};

const viewOf = ({
  id,
  title,
  gateway,
  service,
  importedAt,
  importedBy,
  endpoints,
}: OpenApiImport): OpenApiDocument => ({
  ...{ id, title, gateway, service, importedAt, importedBy },
  operations: endpoints.length,
});
