import * as z from 'zod';
import type {
  GatewayConsumer,
  GatewayMembership,
  GatewayPlugin,
  GatewayRoute,
  GatewayService,
} from '@outrider/ports/gateway-admin';

/** What Kong answers, as far as we use it. Unknown fields pass; fields that older generations lack are filled in. */
const reference = z
  .object({ id: z.string() })
  .nullish()
  .transform((value) => value ?? null);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? null);

export const PluginReply = z
  .looseObject({
    id: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    service: reference,
    route: reference,
    consumer: reference,
    protocols: z
      .array(z.string())
      .nullish()
      .transform((value) => value ?? []),
    tags: texts,
    instance_name: text,
    config: z
      .record(z.string(), z.unknown())
      .nullish()
      .transform((value) => value ?? {}),
    created_at: z.number().optional(),
    ordering: z.unknown().optional(),
    consumer_group: reference,
  })
  .transform((row): GatewayPlugin => ({
    id: row.id,
    name: row.name,
    enabled: row.enabled,
    service: row.service,
    route: row.route,
    consumer: row.consumer,
    protocols: row.protocols,
    tags: row.tags,
    instance_name: row.instance_name,
    config: row.config,
    ...(row.created_at === undefined ? {} : { created_at: row.created_at }),
    ...(row.ordering === undefined ? {} : { ordering: row.ordering }),
    ...(row.consumer_group === null ? {} : { consumer_group: row.consumer_group }),
  }));

export const ConsumerReply: z.ZodType<GatewayConsumer> = z.object({
  id: z.string(),
  username: text,
  custom_id: text,
  tags: texts,
});

export const RouteReply: z.ZodType<GatewayRoute> = z
  .object({
    id: z.string(),
    name: text,
    service: reference,
    paths: texts,
    protocols: z.array(z.string()).optional(),
  })
  .transform(({ protocols, ...row }) => ({ ...row, ...(protocols === undefined ? {} : { protocols }) }));

export const ServiceReply: z.ZodType<GatewayService> = z.object({
  id: z.string(),
  name: text,
  host: z.string(),
  port: z.number(),
  tls_verify: z
    .boolean()
    .nullish()
    .transform((value) => value ?? null),
});

export const MembershipReply: z.ZodType<GatewayMembership> = z
  .object({ consumer: z.object({ id: z.string() }), group: z.string() })
  .transform(({ consumer, group }) => ({ consumer: consumer.id, group }));

export const InfoReply = z.object({
  version: z.string(),
  edition: z.string().optional(),
  configuration: z.looseObject({ database: z.string().optional(), role: z.string().optional() }).optional(),
});

export const PageReply = z.object({ data: z.array(z.unknown()), next: z.string().nullish() });

/** Kong's error body; every field may be missing. */
export const ErrorReply = z.looseObject({
  message: z.string().optional(),
  code: z.number().optional(),
  name: z.string().optional(),
});
