import { FlowKeywords } from '@outrider/domain/endpoints/business-flow';
import {
  ENDPOINT_CHANGES,
  EndpointChange,
  EndpointView,
  KnownEndpoint,
  SENSITIVITIES,
} from '@outrider/domain/endpoints/known-endpoint';
import { BUSINESS_FLOWS } from '@outrider/domain/endpoints/business-flow';
import * as z from 'zod';
import { IdText, listOf, pageOf, paging } from './paging.ts';

const Template = z.string().min(1).max(1_024).startsWith('/');
const Method = z
  .string()
  .max(16)
  .regex(/^[A-Z]+$/, 'a method in capitals');
const ofService = {
  gateway: IdText.optional(),
  service: IdText.optional().describe('id or name'),
};

export const EndpointListQuery = z.strictObject({
  ...ofService,
  host: IdText.optional(),
  method: Method.optional(),
  state: KnownEndpoint.shape.state.optional().describe('active and silent when absent'),
  path: z.string().min(1).max(256).optional().describe('part of the template'),
  flow: z.enum(BUSINESS_FLOWS).optional(),
  sensitivity: z.enum(SENSITIVITIES).optional(),
  ...paging,
});
export type EndpointListQuery = Readonly<z.infer<typeof EndpointListQuery>>;
export const Endpoint = EndpointView.meta({ id: 'Endpoint' });
export const EndpointPage = pageOf(Endpoint, 'EndpointPage');

export const EndpointChangeQuery = z.strictObject({
  endpoint: IdText.max(64).optional().describe('id'),
  kind: listOf(z.enum(ENDPOINT_CHANGES)).optional(),
  ...paging,
});
export type EndpointChangeQuery = Readonly<z.infer<typeof EndpointChangeQuery>>;
export const EndpointChangePage = pageOf(EndpointChange.meta({ id: 'EndpointChange' }), 'EndpointChangePage');

const scope = { gateway: IdText, service: IdText.describe('id'), host: z.string().max(256) };
/** Applied by the learner within a minute. */
export const TemplateCorrectionBody = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('merge'),
      ...scope,
      template: Template.describe('`/files/{name}`: all of them are values'),
    }),
    z.strictObject({ kind: z.literal('pin'), ...scope, template: Template, method: Method.optional() }),
    z.strictObject({
      kind: z.literal('split'),
      ...scope,
      template: Template.describe('with a placeholder; the last one counts'),
      name: IdText.max(128).describe('is a name of its own there'),
    }),
  ])
  .meta({ id: 'TemplateCorrectionBody' });
export type TemplateCorrectionBody = Readonly<z.infer<typeof TemplateCorrectionBody>>;
export const TemplateCorrection = z
  .object({
    id: z.string(), kind: z.enum(['merge', 'pin', 'split']), ...scope, template: z.string(), method: z.string(), name: z.string(),
  })
  .meta({ id: 'TemplateCorrection' }); // prettier-ignore

export const FlowKeywordsBody = FlowKeywords.meta({ id: 'FlowKeywords' });

export const OpenApiDocumentBody = z
  .strictObject({
    gateway: IdText.optional().describe('absent: any'),
    service: IdText.optional().describe('id or name; absent: any'),
    document: z.record(z.string(), z.unknown()).describe('an OpenAPI 3 document'),
  })
  .meta({ id: 'OpenApiDocumentBody' });
export type OpenApiDocumentBody = Readonly<z.infer<typeof OpenApiDocumentBody>>;
export const OpenApiDocument = z
  .object({
    id: z.string(),
    title: z.string(),
    gateway: z.string(),
    service: z.string(),
    importedAt: z.number(),
    importedBy: z.string(),
    operations: z.number().int(),
  })
  .meta({ id: 'OpenApiDocument' });
export type OpenApiDocument = Readonly<z.infer<typeof OpenApiDocument>>;
export const OpenApiDocumentPage = pageOf(OpenApiDocument, 'OpenApiDocumentPage');
export const PagingQuery = z.strictObject({ ...paging });
export type PagingQuery = Readonly<z.infer<typeof PagingQuery>>;

export const OpenApiExportQuery = z.strictObject({
  gateway: IdText.optional(),
  service: IdText,
  host: IdText.optional(),
});
export type OpenApiExportQuery = Readonly<z.infer<typeof OpenApiExportQuery>>;
/** OpenAPI 3.1; its own schema is the standard's. */
export const OpenApiExport = z.record(z.string(), z.unknown()).meta({ id: 'OpenApiExport' });

export const EndpointFindingQuery = z.strictObject({
  kind: z.enum(['shadow', 'zombie', 'orphan']).optional(),
  ...ofService,
  ...paging,
});
export type EndpointFindingQuery = Readonly<z.infer<typeof EndpointFindingQuery>>;
export const EndpointFinding = z
  .object({
    kind: z.enum(['shadow', 'zombie', 'orphan']),
    method: z.string(),
    template: z.string(),
    endpoint: KnownEndpoint.nullable(),
    document: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'EndpointFinding' });
export type EndpointFinding = Readonly<z.infer<typeof EndpointFinding>>;
export const EndpointFindingPage = pageOf(EndpointFinding, 'EndpointFindingPage');
