import * as z from 'zod';

/** Of one document, and of all that are imported together. */
export const OPENAPI_LIMITS = { paths: 20_000, pathLength: 1_024, servers: 32, expansions: 64, documents: 64 } as const;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** One documented operation under one of its servers' base paths. */
export const DocumentedEndpoint = z.object({
  method: z.string(),
  /** With the server's base path and the document's own parameter names: `/v1/orders/{orderId}`. */
  template: z.string(),
  /** Hosts that the servers name, lower case, port included where it is given; empty: any. */
  hosts: z.array(z.string()).readonly(),
  deprecated: z.boolean(),
  /** `x-sunset`, ms since epoch. */
  sunsetAt: z.number().optional(),
  operationId: z.string(),
  /** Title of the document. */
  document: z.string(),
});
export type DocumentedEndpoint = Readonly<z.infer<typeof DocumentedEndpoint>>;

/** The document cannot be used; `where` is a JSON pointer into it. */
export class OpenApiError extends Error {
  constructor(
    readonly where: string,
    readonly problem: string,
  ) {
    super(`${where === '' ? 'document' : where}: ${problem}`);
  }
}

const Server = z.object({
  url: z.string().max(2_048),
  variables: z
    .record(
      z.string(),
      z.object({ default: z.string().max(256), enum: z.array(z.string().max(256)).max(256).optional() }),
    )
    .optional(),
});
type Server = z.infer<typeof Server>;
const Servers = z.array(Server).max(OPENAPI_LIMITS.servers).optional();

const Operation = z.object({
  operationId: z.string().max(256).optional(),
  deprecated: z.boolean().optional(),
  servers: Servers,
  'x-sunset': z.string().max(64).optional(),
});
const PathItem = z.object({ servers: Servers }).catchall(z.unknown());
const Document = z.object({
  openapi: z.string().regex(/^3\.[0-9]{1,2}(?:\.|$)/, 'only OpenAPI 3 is read'),
  info: z.object({ title: z.string().max(256).optional() }).optional(),
  servers: Servers,
  paths: z.record(z.string(), z.unknown()).optional(),
});

/**
 * What a document (a parsed JSON or YAML value) promises. Servers of an operation go before those of its path, these before the document's.
 * References to other files are not followed. Throws `OpenApiError`.
 */
export const templatesFromOpenApi = (document: unknown): readonly DocumentedEndpoint[] => {
  if (typeof document === 'object' && document !== null && 'swagger' in document)
    throw new OpenApiError('/swagger', 'Swagger 2.0 is not read; convert it to OpenAPI 3 first');
  const parsed = parse(Document, document, '');
  const paths = Object.entries(parsed.paths ?? {});
  if (paths.length > OPENAPI_LIMITS.paths) throw new OpenApiError('/paths', `more than ${OPENAPI_LIMITS.paths} paths`);
  const found: DocumentedEndpoint[] = [];
  for (const [path, rawItem] of paths) {
    if (path.startsWith('x-')) continue;
    const where = `/paths/${pointerOf(path)}`;
    checkPath(path, where);
    const item = parse(PathItem, rawItem, where);
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const operation = parse(Operation, item[method], `${where}/${method}`);
      const servers = operation.servers ?? item.servers ?? parsed.servers ?? [{ url: '/' }];
      for (const base of basesOf(servers, where))
        found.push({
          method: method.toUpperCase(),
          template: joined(base.path, path),
          hosts: base.hosts,
          deprecated: operation.deprecated ?? false,
          sunsetAt: sunsetOf(operation['x-sunset'], `${where}/${method}/x-sunset`),
          operationId: operation.operationId ?? '',
          document: parsed.info?.title ?? '',
        });
    }
  }
  return found;
};

const parse = <T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((part) => `/${pointerOf(String(part))}`).join('');
  throw new OpenApiError(`${where}${path}`, issue?.message ?? 'cannot be read');
};

const pointerOf = (key: string): string => key.slice(0, 256).replaceAll('~', '~0').replaceAll('/', '~1');

const checkPath = (path: string, where: string): void => {
  if (!path.startsWith('/')) throw new OpenApiError(where, 'a path begins with /');
  if (path.length > OPENAPI_LIMITS.pathLength)
    throw new OpenApiError(where, `longer than ${OPENAPI_LIMITS.pathLength} characters`);
  let open = -1;
  for (let i = 0; i < path.length; i++) {
    const c = path[i];
    if (c === '{') {
      if (open !== -1) throw new OpenApiError(where, 'a brace within braces');
      open = i;
    } else if (c === '}') {
      if (open === -1 || i === open + 1)
        throw new OpenApiError(where, open === -1 ? 'a closing brace alone' : 'a parameter without a name');
      open = -1;
    } else if (c === '/' && open !== -1) throw new OpenApiError(where, 'a brace that is not closed');
  }
  if (open !== -1) throw new OpenApiError(where, 'a brace that is not closed');
};

interface Base {
  readonly path: string;
  readonly hosts: readonly string[];
}

/** One base for each different path, with all the hosts that have it. */
const basesOf = (servers: readonly Server[], where: string): readonly Base[] => {
  const hostsOf = new Map<string, Set<string>>();
  const anyHost = new Set<string>();
  for (const server of servers.length === 0 ? [{ url: '/' }] : servers)
    for (const url of expanded(server, where)) {
      const match = /^(?:[a-z][a-z0-9+.-]{0,15}:)?\/\/([^/?#]*)/i.exec(url);
      const path = url.slice(match?.[0].length ?? 0).replace(/[?#].*$/s, '');
      const base = path.endsWith('/') ? trimmed(path) : path;
      const hosts = hostsOf.get(base) ?? new Set<string>();
      hostsOf.set(base, hosts);
      const host = match?.[1]?.toLowerCase() ?? '';
      if (host === '') anyHost.add(base);
      else hosts.add(host);
    }
  return [...hostsOf].map(([path, hosts]) => ({ path, hosts: anyHost.has(path) ? [] : [...hosts] }));
};

/** Each value that a variable may have, within bounds; its default where there are too many. */
const expanded = (server: Server, where: string): readonly string[] => {
  let urls = [server.url];
  for (const [name, variable] of Object.entries(server.variables ?? {})) {
    const values = new Set([variable.default, ...(variable.enum ?? [])]);
    const use = urls.length * values.size > OPENAPI_LIMITS.expansions ? [variable.default] : [...values];
    urls = urls.flatMap((url) => use.map((value) => url.replaceAll(`{${name}}`, value)));
  }
  for (const url of urls)
    if (/[{}]/.test(url)) throw new OpenApiError(where, `the server ${url} has a variable without a value`);
  return urls;
};

const trimmed = (path: string): string => {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 47) end--;
  return path.slice(0, end);
};

const joined = (base: string, path: string): string => {
  const prefix = base === '' || base.startsWith('/') ? base : `/${base}`;
  return `${prefix}${path.replace(/[?#].*$/s, '')}`;
};

const sunsetOf = (text: string | undefined, where: string): number | undefined => {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new OpenApiError(where, 'not a date');
  return at;
};
