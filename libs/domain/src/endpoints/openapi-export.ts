import type { ObservedEndpoint } from './known-endpoint.ts';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ExportedOperation>>>>;
}

interface ExportedOperation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path';
    readonly required: true;
    readonly schema: Readonly<Record<string, string>>;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly 'x-outrider': { readonly successes: number; readonly firstSeen: string; readonly lastSeen: string };
}

const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']);
const SCHEMAS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  uuid: { type: 'string', format: 'uuid' },
  date: { type: 'string', format: 'date' },
  email: { type: 'string', format: 'email' },
  ip: { type: 'string', format: 'ipv4' },
  number: { type: 'number' },
};

/** What was observed, as a document; methods that OpenAPI has no word for are left out. Servers are base addresses, `/` for none. */
export const openApiOf = (
  endpoints: readonly ObservedEndpoint[],
  about: { readonly title: string; readonly servers?: readonly string[] },
): OpenApiDocument => {
  const paths: Record<string, Record<string, ExportedOperation>> = {};
  const sorted = endpoints
    .filter((one) => METHODS.has(one.method))
    .sort((a, b) => compare(a.template, b.template) || compare(a.method, b.method));
  for (const one of sorted) {
    const { path, parameters } = numbered(one.template);
    const item = (paths[path] ??= {});
    item[one.method.toLowerCase()] = {
      operationId: operationIdOf(one.method, path),
      ...(parameters.length === 0 ? {} : { parameters }),
      responses: { default: { description: 'as observed' } },
      'x-outrider': {
        successes: one.successes,
        firstSeen: new Date(one.firstAt).toISOString(),
        lastSeen: new Date(one.lastAt).toISOString(),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: about.title, version: '0', description: 'Observed traffic; bodies are unknown.' },
    servers: (about.servers ?? ['/']).map((url) => ({ url })),
    paths,
  };
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A document's parameters need names of their own: `/a/{id}/b/{id}` → `/a/{id}/b/{id2}`. */
const numbered = (template: string) => {
  const used = new Map<string, number>();
  const parameters: NonNullable<ExportedOperation['parameters']>[number][] = [];
  const path = template.replace(/\{([^}]*)\}/g, (_, kind: string) => {
    const count = (used.get(kind) ?? 0) + 1;
    used.set(kind, count);
    const name = count === 1 ? kind : `${kind}${count}`;
    parameters.push({ name, in: 'path', required: true, schema: SCHEMAS[kind] ?? { type: 'string' } });
    return `{${name}}`;
  });
  return { path, parameters };
};

const operationIdOf = (method: string, path: string): string =>
  `${method.toLowerCase()}${path
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`;
