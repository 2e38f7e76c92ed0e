import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { openApiText } from './write-open-api.ts';

const Ref = z.strictObject({ $ref: z.string() });
const Content = z.record(z.string(), z.object({ schema: z.looseObject({}) }));
const Operation = z.object({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(3),
  security: z.array(z.record(z.string(), z.array(z.string()))).min(1),
  tags: z.array(z.string()).length(1),
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.enum(['path', 'query', 'header']),
      required: z.boolean(),
      schema: z.looseObject({}),
    }),
  ),
  requestBody: z.object({ required: z.boolean().optional(), content: Content }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.object({ description: z.string().min(1), content: Content.optional() }),
  ),
});
const Document = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string(), license: z.looseObject({}) }),
  paths: z.record(
    z.string().startsWith('/'),
    z
      .record(z.enum(['get', 'post', 'put', 'patch', 'delete']), Operation)
      .or(z.partialRecord(z.enum(['get', 'post', 'put', 'patch', 'delete']), Operation)),
  ),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.object({ bearer: z.looseObject({}) }),
  }),
});

let text: string;
let document: z.infer<typeof Document>;
beforeAll(async () => {
  text = await openApiText();
  document = Document.parse(JSON.parse(text));
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the OpenAPI document', () => {
  test('is the committed one: run `npm run openapi` in libs/flow/serve after a change of routes or schemas', () => {
    const committed: unknown = JSON.parse(
      readFileSync(new URL('../../../../../docs/openapi.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(JSON.parse(text));
  });

  test('every reference leads somewhere and every component is used', () => {
    const refs = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map((match) => match[1]);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(refs.filter((ref) => !known.includes(ref ?? ''))).toEqual([]);
    expect(known.filter((ref) => !refs.includes(ref))).toEqual([]);
    expect(text).not.toContain('$defs');
    expect(Ref.safeParse({ $ref: refs[0] }).success).toBe(true);
  });

  test('operation ids are unique, and path parameters are those of the path', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      expect([path, operation.parameters.filter((p) => p.in === 'path').map((p) => p.name)]).toEqual([path, named]);
    }
  });

  test('every operation documents its answer and its problems, every list its cursor', () => {
    for (const { path, method, operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      expect([path, statuses.filter((s) => s.startsWith('2')).length]).toEqual([path, 1]);
      expect(statuses).toEqual(
        expect.arrayContaining(
          path === '/v1/health' ? ['400', '500', '503'] : ['400', '401', '403', '429', '500', '503'],
        ),
      );
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (status === '204') continue;
        expect([path, status, Object.keys(content ?? {}).length]).toEqual([path, status, 1]);
        if (Number(status) >= 400 && path !== '/v1/health')
          expect(content).toHaveProperty(['application/problem+json']);
      }
      const page = JSON.stringify(operation.responses['200']?.content ?? {}).includes('Page"');
      const names = operation.parameters.map((p) => p.name);
      if (page && method === 'get') expect([path, names]).toEqual([path, expect.arrayContaining(['cursor', 'limit'])]);
    }
  });

  test('only health is open', () => {
    const open = operations().filter(({ operation }) => operation.security.some((s) => Object.keys(s).length === 0));
    expect(open.map(({ path }) => path)).toEqual(['/v1/health']);
  });
});
