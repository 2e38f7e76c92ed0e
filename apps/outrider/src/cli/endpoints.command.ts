import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { EndpointView } from '@outrider/domain/endpoints/known-endpoint';
import { CallerError } from '@outrider/platform/errors';
import { ask, remote, type RemoteOptions } from './remote.ts';
import { textTable } from './text-table.ts';

interface ListOptions extends RemoteOptions {
  readonly service?: string;
  readonly flow?: string;
}

export const addEndpoints = (program: Command): void => {
  const endpoints = program.command('endpoints').description('the APIs that were learned from traffic');
  remote(endpoints.command('list', { isDefault: true }).description('the first 200 endpoints'))
    .option('--service <name>', 'of this service (name or id)')
    .option('--flow <flow>', 'auth, account, billing, admin or export')
    .action((options: ListOptions) =>
      ask(
        options,
        (client) => client.endpoints({ limit: 200, service: options.service, flow: options.flow }),
        ({ data }) => (data.length === 0 ? 'No endpoints yet: they are known after enough good answers.' : table(data)),
      ),
    );
  remote(endpoints.command('export').argument('<service>').description('what was observed, as OpenAPI 3.1')).action(
    (service: string, options: RemoteOptions) =>
      ask(
        options,
        (client) => client.exportOpenApi({ service }),
        (document) => JSON.stringify(document, null, 2),
      ),
  );
  remote(
    endpoints.command('import').argument('<file>').description('an OpenAPI 3 document (JSON), to compare traffic with'),
  )
    .option('--service <name>', 'it speaks of this service only (name or id)')
    .action((file: string, options: ListOptions) =>
      ask(
        options,
        (client) => client.importOpenApi({ document: slim(jsonFile(file)), service: options.service }),
        ({ id, title, operations }) => `Imported ${operations} operations of ${title === '' ? file : title} as ${id}.`,
      ),
    );
};

const table = (endpoints: readonly EndpointView[]): string =>
  textTable(
    ['METHOD', 'TEMPLATE', 'SERVICE', 'STATE', 'FLOWS', 'SENSITIVITY', 'CALLERS', 'LAST SEEN'],
    endpoints.map((one) => [
      one.method,
      one.template,
      one.serviceName === '' ? one.serviceId : one.serviceName,
      one.state,
      one.flows.join(','),
      one.sensitivity,
      one.traffic === null ? '' : String(one.traffic.callers),
      new Date(one.lastSeenAt).toISOString(),
    ]),
  );

const KEPT = ['operationId', 'deprecated', 'servers', 'x-sunset'];
const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/** Only what is compared goes to the server: published documents have megabytes of schemas. */
const slim = (document: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const paths = Object.entries(objectOf(document['paths'])).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(objectOf(item)).flatMap(([key, value]) => {
        if (key === 'servers') return [[key, value]];
        return METHODS.has(key) ? [[key, Object.fromEntries(Object.entries(objectOf(value)).filter(isKept))]] : [];
      }),
    ),
  ]);
  const { title } = objectOf(document['info']);
  const kept = ['openapi', 'swagger', 'servers'].filter((key) => document[key] !== undefined);
  return {
    ...Object.fromEntries(kept.map((key) => [key, document[key]])),
    info: { title },
    paths: Object.fromEntries(paths),
  };
};

const isKept = ([key]: [string, unknown]): boolean => KEPT.includes(key);

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const jsonFile = (file: string): Record<string, unknown> => {
  try {
    return objectOf(JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8')));
  } catch (error) {
    throw new CallerError(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};
