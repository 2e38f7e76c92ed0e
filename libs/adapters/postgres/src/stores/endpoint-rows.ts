import { EndpointChange, EndpointTraffic, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import * as z from 'zod';
import type { Endpoint as EndpointRow, EndpointChange as ChangeRow, Prisma } from '../generated/client.ts';
import { storableJson, storableText, toMs, toTime } from '../storable.ts';

const Parameters = z.record(z.string(), z.array(z.string()));

export const toKnownEndpoint = (row: EndpointRow): KnownEndpoint =>
  KnownEndpoint.parse({
    ...row,
    firstSeenAt: toMs(row.firstSeenAt),
    lastSeenAt: toMs(row.lastSeenAt),
    successes: Number(row.successes),
    parameters: Parameters.parse(row.parameters),
    traffic: row.traffic === null ? null : EndpointTraffic.parse(row.traffic),
  });

export const inventoryColumns = (one: KnownEndpoint) => ({
  state: one.state,
  lastSeenAt: toTime(one.lastSeenAt),
  parameters: storableJson(one.parameters),
  dataClasses: [...one.dataClasses],
  ...(one.traffic === null ? {} : { traffic: storableJson(one.traffic) }),
});

export const changeColumns = (one: EndpointChange): Prisma.EndpointChangeCreateManyInput => ({
  id: one.id,
  tenant: one.tenant,
  endpointId: one.endpointId,
  endpoint: storableText(one.endpoint),
  serviceName: storableText(one.serviceName),
  at: toTime(one.at),
  kind: one.kind,
  detail: storableText(one.detail),
});

export const toChange = (row: ChangeRow): EndpointChange => EndpointChange.parse({ ...row, at: toMs(row.at) });
