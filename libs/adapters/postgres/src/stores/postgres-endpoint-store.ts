import { randomUUID } from 'node:crypto';
import { DEFAULT_FLOW_KEYWORDS, FlowKeywords } from '@outrider/domain/endpoints/business-flow';
import type { EndpointChange, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import { DocumentedEndpoint } from '@outrider/domain/endpoints/openapi-templates';
import type { LearnedService, TemplateScope } from '@outrider/domain/traffic/learned-templates';
import {
  EndpointStore,
  type EndpointQuery,
  type Learning,
  type LearningSave,
  type OpenApiImport,
  type TemplateCorrection,
} from '@outrider/ports/endpoint-store';
import * as z from 'zod';
import type { Database } from '../database.ts';
import type { OpenApiImport as ImportRow } from '../generated/client.ts';
import { pageSize, storableJson, storableText, toMs, toTime } from '../storable.ts';
import { timeOrderedUuid } from '../time-ordered-uuid.ts';
import { changeAudited } from './audit-trail.ts';
import { changeColumns, inventoryColumns, toChange, toKnownEndpoint } from './endpoint-rows.ts';
import { loadLearning, readServices, saveLearning } from './endpoint-learning.ts';
import { isUuid } from './postgres-alert-store.ts';

const MAX_SCOPES = 10_000;
const MAX_IMPORTS = 64;

/** Learned endpoints, what operators said about them, and OpenAPI documents. */
export class PostgresEndpointStore extends EndpointStore {
  constructor(private readonly database: Database) {
    super();
  }

  loadLearning(): Promise<Learning> {
    return loadLearning(this.database);
  }

  saveLearning(save: LearningSave): Promise<void> {
    return saveLearning(this.database, save);
  }

  async templatesVersion(): Promise<number> {
    const row = await this.database.read((client) => client.endpointLearning.findUnique({ where: { id: 1 } }));
    return Number(row?.version ?? 0);
  }

  learnedServices(): Promise<readonly LearnedService[]> {
    return readServices(this.database);
  }

  async pendingCorrections(limit: number): Promise<readonly TemplateCorrection[]> {
    const rows = await this.database.read((client) =>
      client.endpointCorrection.findMany({ where: { appliedAt: null }, orderBy: { id: 'asc' }, take: pageSize(limit) }),
    );
    return rows.map((row) => ({ ...row, kind: CorrectionKind.parse(row.kind) }));
  }

  correct(
    tenant: string,
    correction: Omit<TemplateCorrection, 'id' | 'tenant'>,
    actor: string,
  ): Promise<TemplateCorrection> {
    const now = this.database.clock.now();
    const row = { ...correction, id: timeOrderedUuid(now), tenant };
    return changeAudited(this.database, { tenant, actor, act: `endpoint-template.${correction.kind}` }, async (tx) => {
      await tx.endpointCorrection.create({ data: { ...row, createdAt: toTime(now) } });
      return { result: row, subject: `endpoint-template:${row.id}`, detail: correction };
    });
  }

  async endpoints(query: EndpointQuery): Promise<readonly KnownEndpoint[]> {
    const { tenant, gateway, service, host, method, state, templateContains, after } = query;
    const beyond = after && {
      OR: [
        { template: { gt: after.template } },
        { template: after.template, method: { gt: after.method } },
        { template: after.template, method: after.method, id: { gt: after.id } },
      ],
    };
    const ofService = service === undefined ? undefined : { OR: [{ serviceId: service }, { serviceName: service }] };
    const rows = await this.database.read((client) =>
      client.endpoint.findMany({
        where: {
          tenant,
          ...(gateway === undefined ? {} : { gateway }),
          ...(host === undefined ? {} : { host }),
          ...(method === undefined ? {} : { method }),
          ...(state === undefined ? { state: { not: 'replaced' } } : { state }),
          ...(templateContains === undefined ? {} : { template: { contains: templateContains } }),
          AND: [ofService ?? {}, beyond ?? {}],
        },
        orderBy: [{ template: 'asc' }, { method: 'asc' }, { id: 'asc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toKnownEndpoint);
  }

  async endpoint(tenant: string, id: string): Promise<KnownEndpoint | undefined> {
    const row = await this.database.read((client) =>
      client.endpoint.findUnique({ where: { tenant_id: { tenant, id } } }),
    );
    return row ? toKnownEndpoint(row) : undefined;
  }

  async scopes(): Promise<readonly TemplateScope[]> {
    const select = { tenant: true, gateway: true, service: true, host: true };
    return this.database.read((client) => client.endpointScope.findMany({ select, take: MAX_SCOPES }));
  }

  async saveInventory(endpoints: readonly KnownEndpoint[], changes: readonly EndpointChange[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      for (const one of endpoints)
        await tx.endpoint.updateMany({ where: { tenant: one.tenant, id: one.id }, data: inventoryColumns(one) });
      await tx.endpointChange.createMany({ data: changes.map(changeColumns), skipDuplicates: true });
    });
  }

  async changes(query: Parameters<EndpointStore['changes']>[0]): Promise<readonly EndpointChange[]> {
    const { tenant, endpointId, kinds, after } = query;
    const before = after && {
      at: { lte: toTime(after.at) },
      OR: [{ at: { lt: toTime(after.at) } }, { id: { lt: after.id } }],
    };
    const rows = await this.database.read((client) =>
      client.endpointChange.findMany({
        where: {
          tenant,
          ...(endpointId === undefined ? {} : { endpointId }),
          ...(kinds === undefined ? {} : { kind: { in: [...kinds] } }),
          ...before,
        },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(toChange);
  }

  async flowKeywords(tenant: string): Promise<FlowKeywords> {
    const row = await this.database.read((client) => client.flowKeywords.findUnique({ where: { tenant } }));
    return row ? FlowKeywords.parse(row.keywords) : DEFAULT_FLOW_KEYWORDS;
  }

  async setFlowKeywords(tenant: string, keywords: FlowKeywords, actor: string): Promise<void> {
    const data = { keywords: storableJson(keywords), updatedAt: toTime(this.database.clock.now()) };
    await changeAudited(this.database, { tenant, actor, act: 'flow-keywords.set' }, async (tx) => {
      await tx.flowKeywords.upsert({ where: { tenant }, create: { tenant, ...data }, update: data });
      return { result: true, subject: `flow-keywords:${tenant}`, detail: keywords };
    });
  }

  async documents(tenant: string): Promise<readonly OpenApiImport[]> {
    const rows = await this.database.read((client) =>
      client.openApiImport.findMany({
        where: { tenant },
        orderBy: [{ importedAt: 'asc' }, { id: 'asc' }],
        take: MAX_IMPORTS,
      }),
    );
    return rows.map(toImport);
  }

  importDocument(
    tenant: string,
    document: Parameters<EndpointStore['importDocument']>[1],
    actor: string,
  ): Promise<OpenApiImport> {
    const { title, gateway, service, endpoints } = document;
    const named = { title: storableText(title), gateway: storableText(gateway), service: storableText(service) };
    return changeAudited(this.database, { tenant, actor, act: 'openapi-document.import' }, async (tx) => {
      const row = await tx.openApiImport.create({
        data: {
          ...named,
          id: randomUUID(),
          tenant,
          importedAt: toTime(this.database.clock.now()),
          importedBy: storableText(actor),
          endpoints: storableJson(endpoints),
        },
      });
      const detail = { ...named, endpoints: endpoints.length };
      return { result: toImport(row), subject: `openapi-document:${row.id}`, detail };
    });
  }

  async removeDocument(tenant: string, id: string, actor: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const removed = await changeAudited(
      this.database,
      { tenant, actor, act: 'openapi-document.remove' },
      async (tx) => {
        const row = await tx.openApiImport.findFirst({ where: { id, tenant } });
        if (!row || (await tx.openApiImport.deleteMany({ where: { id, tenant } })).count === 0) return undefined;
        return { result: true, subject: `openapi-document:${id}`, detail: { title: row.title } };
      },
    );
    return removed ?? false;
  }
}

const CorrectionKind = z.enum(['merge', 'pin', 'split']);
const Endpoints = z.array(DocumentedEndpoint);

const toImport = (row: ImportRow): OpenApiImport => ({
  ...row,
  importedAt: toMs(row.importedAt),
  endpoints: Endpoints.parse(row.endpoints),
});
