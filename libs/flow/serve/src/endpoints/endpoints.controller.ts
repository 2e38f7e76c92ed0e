import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Endpoint,
  EndpointChangePage,
  EndpointChangeQuery,
  EndpointFindingPage,
  EndpointFindingQuery,
  EndpointListQuery,
  EndpointPage,
  FlowKeywordsBody,
  TemplateCorrection,
  TemplateCorrectionBody,
  type EndpointFinding,
} from '@outrider/contracts/http/endpoints';
import { IdText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import type { FlowKeywords } from '@outrider/domain/endpoints/business-flow';
import type { EndpointChange, EndpointView } from '@outrider/domain/endpoints/known-endpoint';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import * as z from 'zod';
import { Caller } from '../access/caller.ts';
import { definedOnly } from '../defined-only.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, pageOfAll, readCursor, UuidKey } from '../paging/cursor.ts';
import { EndpointReader } from './endpoint-reader.ts';

const TemplateKey = z.strictObject({ t: z.string().max(4_096), m: z.string().max(16), i: z.string().max(64) });
const same = <T>(value: T): T => value;

@ApiTags('endpoints')
@Controller('v1')
export class EndpointsController {
  constructor(
    private readonly store: EndpointStore,
    private readonly reader: EndpointReader,
  ) {}

  @Get('endpoints')
  @Route({
    id: 'listEndpoints',
    summary: 'Endpoints learned from traffic, by template',
    role: 'viewer',
    answer: EndpointPage,
  })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: EndpointListQuery }) query: EndpointListQuery,
  ): Promise<Page<EndpointView>> {
    const key = readCursor(TemplateKey, query.cursor);
    const after = key && { template: key.t, method: key.m, id: key.i };
    const rows = await this.reader.list(caller.tenant, query, after);
    return pageOf(rows, query.limit, ({ template: t, method: m, id: i }) => ({ t, m, i }), same);
  }

  @Get('endpoints/:id')
  @Route({ id: 'getEndpoint', summary: 'One endpoint', role: 'viewer', answer: Endpoint, problems: [404] })
  async one(@Caller() caller: Principal, @Param('id', { schema: IdText }) id: string): Promise<EndpointView> {
    return found(await this.reader.one(caller.tenant, id), 'endpoint');
  }

  @Post('endpoints/templates')
  @Route({
    id: 'correctTemplates',
    summary: 'Merge values, split a name off, or pin a template; the learner follows within a minute',
    role: 'admin',
    status: 202,
    answer: TemplateCorrection,
    problems: [413],
  })
  correct(
    @Caller() caller: Principal,
    @Body({ schema: TemplateCorrectionBody }) body: TemplateCorrectionBody,
  ): Promise<z.infer<typeof TemplateCorrection>> {
    const { kind, gateway, service, host, template } = body;
    const method = body.kind === 'pin' ? (body.method ?? '') : '';
    const name = body.kind === 'split' ? body.name : '';
    return this.store.correct(caller.tenant, { kind, gateway, service, host, template, method, name }, caller.name);
  }

  @Get('endpoint-changes')
  @Route({
    id: 'listEndpointChanges',
    summary: 'What changed at endpoints, newest first',
    role: 'viewer',
    answer: EndpointChangePage,
  })
  async changes(
    @Caller() caller: Principal,
    @Query({ schema: EndpointChangeQuery }) query: EndpointChangeQuery,
  ): Promise<Page<EndpointChange>> {
    const last = readCursor(UuidKey, query.cursor);
    const rows = await this.store.changes({
      tenant: caller.tenant,
      limit: query.limit + 1,
      ...definedOnly({ endpointId: query.endpoint, kinds: query.kind }),
      ...(last ? { after: { at: last.t, id: last.i } } : {}),
    });
    return pageOf(rows, query.limit, ({ at: t, id: i }) => ({ t, i }), same);
  }

  @Get('endpoint-findings')
  @Route({
    id: 'listEndpointFindings',
    summary: 'Shadow, zombie and orphan endpoints: traffic against the imported documents',
    role: 'viewer',
    answer: EndpointFindingPage,
  })
  async findings(
    @Caller() caller: Principal,
    @Query({ schema: EndpointFindingQuery }) query: EndpointFindingQuery,
  ): Promise<Page<EndpointFinding>> {
    const { gateway, service, kind } = query;
    const all = await this.reader.findings(caller.tenant, definedOnly({ gateway, service }));
    return pageOfAll(kind === undefined ? all : all.filter((one) => one.kind === kind), query, same);
  }

  @Get('flow-keywords')
  @Route({
    id: 'getFlowKeywords',
    summary: 'Words of paths that tell business flows',
    role: 'viewer',
    answer: FlowKeywordsBody,
  })
  keywords(@Caller() caller: Principal): Promise<FlowKeywords> {
    return this.store.flowKeywords(caller.tenant);
  }

  @Put('flow-keywords')
  @Route({
    id: 'setFlowKeywords',
    summary: 'Replace the words',
    role: 'admin',
    answer: FlowKeywordsBody,
    problems: [413],
  })
  async setKeywords(
    @Caller() caller: Principal,
    @Body({ schema: FlowKeywordsBody }) body: FlowKeywords,
  ): Promise<FlowKeywords> {
    await this.store.setFlowKeywords(caller.tenant, body, caller.name);
    return body;
  }
}
