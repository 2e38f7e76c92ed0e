import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Problem } from '@outrider/contracts/http/problem';
import { NotificationPayload } from '@outrider/contracts/notifications/notification-payload';
import * as z from 'zod';

type JsonSchema = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of the routes of `app`, made from the schemas that validate. A schema with an id is a component; where what may
 * be sent differs from what is answered (defaults), the former is `<id>Input`.
 */
export const openApiDocument = (app: INestApplication, version: string): OpenAPIObject => {
  const config = new DocumentBuilder()
    .setTitle('Outrider')
    .setDescription(
      'API security beside Kong Gateway: alerts, policies, enforcements and the timeline of every consumer.',
    )
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'an access token of this Outrider' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    autoTagControllers: false,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? convert(schema, schemaType) : undefined,
  });
  const problem = convert(Problem, 'output');
  const notification = convert(NotificationPayload, 'output');
  document.components = {
    ...document.components,
    schemas: sorted({ ...document.components?.schemas, ...problem.components, ...notification.components }),
  };
  document.webhooks = {
    notification: {
      post: {
        operationId: 'receiveNotification',
        summary:
          'What a webhook receives, signed as Standard Webhooks: headers webhook-id, webhook-timestamp, webhook-signature',
        requestBody: { required: true, content: { 'application/json': { schema: notification.schema } } },
        responses: { '2XX': { description: 'taken; anything else is tried again, 410 switches the webhook off' } },
      },
    },
  };
  document.paths = sorted(document.paths);
  return withPlainNames(document);
};

/** What is only ever sent needs no `Input` in its name. */
const withPlainNames = (document: OpenAPIObject): OpenAPIObject => {
  const names = new Set(Object.keys(document.components?.schemas ?? {}));
  const plain = [...names].filter((name) => name.endsWith('Input') && !names.has(name.slice(0, -'Input'.length)));
  const text = plain.reduce(
    (json, name) =>
      json
        .replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${name.slice(0, -'Input'.length)}"`)
        .replaceAll(`"${name}":`, `"${name.slice(0, -'Input'.length)}":`),
    JSON.stringify(document),
  );
  return parsedDocument(text);
};

/** The text is a document's own JSON with names replaced by names. */
const parsedDocument = (text: string): OpenAPIObject => JSON.parse(text) as OpenAPIObject;

const convert = (
  schema: z.ZodType,
  io: 'input' | 'output',
): { schema: JsonSchema; components: Record<string, JsonSchema> } => {
  const whole = jsonSchemaOf(schema, io);
  const definitions = definitionsOf(whole);
  const renamed =
    io === 'input' ? differing(definitions, definitionsOf(jsonSchemaOf(schema, 'output'))) : new Set<string>();
  const { $defs: _defs, $schema: _schema, ...root } = whole;
  const components = Object.entries(definitions).map(([id, definition]) => [
    renamed.has(id) ? `${id}Input` : id,
    relinked(definition, renamed),
  ]);
  return {
    schema: asSchema(relinked(root, renamed)),
    components: Object.fromEntries(components) as Record<string, JsonSchema>,
  };
};

const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema, zodSchema }) => {
      delete jsonSchema.id;
      // Answers may grow fields; only what is sent must be exact.
      if (io === 'output') delete jsonSchema.additionalProperties;
      if (io === 'output' && zodSchema._zod.def.type === 'record') jsonSchema.additionalProperties = {};
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as JsonSchema;

const definitionsOf = (schema: JsonSchema): Record<string, JsonSchema> =>
  (schema.$defs ?? {}) as Record<string, JsonSchema>;

/** Ids whose input form differs from their output form, directly or through what they refer to. */
const differing = (input: Record<string, JsonSchema>, output: Record<string, JsonSchema>): Set<string> => {
  const found = new Set<string>();
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [id, definition] of Object.entries(input)) {
      const same = output[id] !== undefined && normal(definition) === normal(output[id]);
      const refers = [...found].some((other) => normal(definition).includes(`"#/$defs/${other}"`));
      if (!same || refers) found.add(id);
    }
  }
  return found;
};

const normal = (schema: JsonSchema): string =>
  JSON.stringify(schema, (key, value: unknown) => (key === 'additionalProperties' ? undefined : value));

const relinked = (value: unknown, renamed: ReadonlySet<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => relinked(item, renamed));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string' ? [key, linkOf(inner, renamed)] : [key, relinked(inner, renamed)],
    ),
  );
};

const linkOf = (ref: string, renamed: ReadonlySet<string>): string => {
  const id = ref.replace('#/$defs/', '');
  return `#/components/schemas/${renamed.has(id) ? `${id}Input` : id}`;
};

/** `relinked` keeps an object an object. */
const asSchema = (value: unknown): JsonSchema => value as JsonSchema;

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
