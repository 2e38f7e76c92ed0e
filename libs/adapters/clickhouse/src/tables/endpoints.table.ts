import * as z from 'zod';
import type {
  EndpointScopeQuery,
  EndpointStatistics,
  EventStore,
  LearnableCalls,
  QueryShape,
  TimeRange,
} from '@outrider/ports/event-store';
import { CallerError } from '@outrider/platform/errors';
import { checkedLimit, type QueryRunner } from '../query-runner.ts';
import {
  learnableCallsQuery,
  queryShapesQuery,
  rollUpStatement,
  statisticsQuery,
  typedTemplatesQuery,
} from './endpoints.sql.ts';

const MAX_GROUPS = 2_000_000;

const LearnableRow = z.tuple([
  z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.string(), z.number(), z.number(),
  z.number(), z.number(),
]); // prettier-ignore
const TypedRow = z.tuple([z.string(), z.string()]);
const ShapeRow = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.number()]);
const Figure = z.number().nullable();
const StatisticsRow = z.tuple([
  z.string(), z.string(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(),
  Figure, Figure, Figure,
]); // prettier-ignore
const MAX_ROWS = 50_000;
/** Typed templates that one statement may rename: their text goes along as a parameter. */
const MAX_RENAMED = 10_000;

/** What endpoints are learned from, read from events_v1. */
export class EndpointTables {
  constructor(private readonly runner: QueryRunner) {}

  async *learnableCalls(query: {
    readonly range: TimeRange;
    readonly by: 'received' | 'started';
    readonly limit: number;
    readonly chunk: number;
  }): AsyncGenerator<readonly LearnableCalls[]> {
    const sql = learnableCallsQuery(query.range, query.by, checkedLimit(query.limit, MAX_GROUPS));
    for await (const texts of this.runner.streamText(sql, query.chunk))
      yield z
        .array(LearnableRow)
        .parse(JSON.parse(`[${texts.join(',')}]`))
        .map(toCalls);
  }

  async rollUp(range: TimeRange): Promise<void> {
    await this.runner.insertSelect(rollUpStatement(range), `endpoint-inventory:${range.from}-${range.to}`);
  }

  async typedTemplates(
    query: EndpointScopeQuery & { readonly limit: number },
  ): ReturnType<EventStore['typedTemplates']> {
    const rows = await this.runner.rows(typedTemplatesQuery(query, checkedLimit(query.limit, MAX_ROWS)));
    return z
      .array(TypedRow)
      .parse(rows)
      .map(([method, pathTemplate]) => ({ method, pathTemplate }));
  }

  async statistics(query: Parameters<EventStore['endpointStatistics']>[0]): Promise<readonly EndpointStatistics[]> {
    if (query.renamed.size > MAX_RENAMED)
      throw new CallerError(`at most ${MAX_RENAMED} templates can be renamed`, 'too-many-templates');
    const rows = await this.runner.rows(statisticsQuery(query, checkedLimit(query.limit, MAX_ROWS)));
    return z.array(StatisticsRow).parse(rows).map(toStatistics);
  }

  async queryShapes(query: EndpointScopeQuery & { readonly limit: number }): Promise<readonly QueryShape[]> {
    const rows = await this.runner.rows(queryShapesQuery(query, checkedLimit(query.limit, MAX_ROWS)));
    return z.array(ShapeRow).parse(rows).map(toShape);
  }
}

const toShape = ([method, pathTemplate, path, query, dataClasses, count]: z.infer<typeof ShapeRow>): QueryShape => ({
  ...{ method, pathTemplate, path, query, count },
  dataClasses: dataClasses === '' ? [] : dataClasses.split(','),
});

const toStatistics = (row: z.infer<typeof StatisticsRow>): EndpointStatistics => {
  const [method, template, requests, status2xx, status3xx, status4xx, status5xx, authenticated] = row;
  const [, , , , , , , , requestBytes, responseBytes, callers, p50, p95, p99] = row;
  return {
    ...{ method, template, requests, status2xx, status3xx, status4xx, status5xx, authenticated },
    ...{ requestBytes, responseBytes, callers },
    ...{ latencyP50Ms: p50 ?? -1, latencyP95Ms: p95 ?? -1, latencyP99Ms: p99 ?? -1 },
  };
};

const toCalls = (row: z.infer<typeof LearnableRow>): LearnableCalls => {
  const [tenant, gateway, service, serviceName, host, method, path, pathTemplate, caller, count, firstAt, lastAt] = row;
  return { tenant, gateway, service, serviceName, host, method, path, pathTemplate, caller, count, firstAt, lastAt };
};
