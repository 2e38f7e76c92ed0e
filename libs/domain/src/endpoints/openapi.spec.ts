import { diffEndpoints } from './openapi-diff.ts';
import { openApiOf } from './openapi-export.ts';
import { OPENAPI_LIMITS, OpenApiError, templatesFromOpenApi } from './openapi-templates.ts';

const document = (paths: unknown, servers?: unknown) => ({
  openapi: '3.1.0',
  info: { title: 'shop', version: '1' },
  paths,
  ...(servers === undefined ? {} : { servers }),
});
const operation = { responses: {} };
const templates = (value: unknown): string[] =>
  templatesFromOpenApi(value).map((one) => `${one.method} ${one.template}`);

describe('an OpenAPI document', () => {
  it('gives its operations under the base paths of its servers, the nearest servers first', () => {
    const paths = {
      '/orders/{orderId}': {
        get: operation,
        delete: { ...operation, servers: [{ url: 'https://admin.example/v9/' }] },
      },
      '/status': { servers: [{ url: '/' }], get: operation },
      'x-note': {},
    };
    expect(
      templates(document(paths, [{ url: 'https://api.example/v1' }, { url: '//api2.example/v1/' }, { url: '/v2' }])),
    ).toEqual(['GET /v1/orders/{orderId}', 'GET /v2/orders/{orderId}', 'DELETE /v9/orders/{orderId}', 'GET /status']);
  });

  it('names the hosts of each base path, and expands the variables of servers within bounds', () => {
    const servers = [
      {
        url: 'https://{region}.API.example:8443/{base}',
        variables: { region: { default: 'eu', enum: ['eu', 'us'] }, base: { default: 'v1' } },
      },
    ];
    expect(templatesFromOpenApi(document({ '/a': { get: operation } }, servers))).toMatchObject([
      { template: '/v1/a', hosts: ['eu.api.example:8443', 'us.api.example:8443'] },
    ]);
    const many = { default: 'a', enum: Array.from({ length: 200 }, (_, i) => `v${i}`) };
    expect(templates(document({ '/a': { get: operation } }, [{ url: '/{x}', variables: { x: many } }]))).toEqual([
      'GET /a/a',
    ]);
  });

  it.each<[unknown, string]>([
    [{ swagger: '2.0' }, '/swagger: Swagger 2.0'],
    [{ openapi: '4.0.0', paths: {} }, '/openapi: only OpenAPI 3 is read'],
    ['text', 'document: '],
    [document({ orders: {} }), '/paths/orders: a path begins with /'],
    [document({ '/a/{b': { get: operation } }), '/paths/~1a~1{b: a brace that is not closed'],
    [document({ '/a/{}': { get: operation } }), '/paths/~1a~1{}: a parameter without a name'],
    [document({ '/a/{b/c}': { get: operation } }), 'a brace that is not closed'],
    [document({ '/a': { get: { ...operation, deprecated: 'yes' } } }), '/paths/~1a/get/deprecated: '],
    [document({ '/a': { get: { ...operation, 'x-sunset': 'soon' } } }), '/paths/~1a/get/x-sunset: not a date'],
    [document({ '/a': { get: operation } }, [{ url: 'https://{host}/' }]), 'a variable without a value'],
    [
      document(Object.fromEntries(Array.from({ length: OPENAPI_LIMITS.paths + 1 }, (_, i) => [`/p${i}`, {}]))),
      '/paths: more than',
    ],
  ])('that cannot be used is refused with the place and the reason (%#)', (value, message) => {
    expect(() => templatesFromOpenApi(value)).toThrow(OpenApiError);
    expect(() => templatesFromOpenApi(value)).toThrow(message);
  });

  it('written from what was observed reads back as the same endpoints', () => {
    const seen = { successes: 20, firstAt: 0, lastAt: 1_000 };
    const observed = [
      { method: 'GET', template: '/a/{id}/b/{id}', ...seen },
      { method: 'POST', template: '/a', ...seen },
      { method: 'PURGE', template: '/a', ...seen },
    ];
    const written = JSON.parse(
      JSON.stringify(openApiOf(observed, { title: 'observed', servers: ['https://api.example'] })),
    );
    expect(templates(written)).toEqual(['POST /a', 'GET /a/{id}/b/{id2}']);
    expect(diffEndpoints(observed.slice(0, 2), templatesFromOpenApi(written), 0)).toEqual({
      shadow: [],
      zombie: [],
      orphan: [],
    });
  });
});

describe('the difference of observed and documented', () => {
  const documented = templatesFromOpenApi(
    document({
      '/orders/{orderId}': { get: operation, delete: { ...operation, deprecated: true } },
      '/orders/open': { get: operation },
      '/v1/{kind}/list': { get: { ...operation, 'x-sunset': '2026-01-01' } },
    }),
  );

  it('tells shadow, zombie and orphan endpoints, whatever the parameters are called', () => {
    const observed = ['GET /orders/{id}', 'DELETE /orders/{id}', 'PUT /orders/{id}', 'GET /v1/cats/list'].map(
      (key) => ({
        method: key.split(' ')[0] ?? '',
        template: key.split(' ')[1] ?? '',
      }),
    );
    const diff = diffEndpoints(observed, documented, Date.UTC(2026, 5, 1));
    expect(diff.shadow.map((one) => one.method)).toEqual(['PUT']);
    expect(diff.zombie.map((one) => one.documented.template)).toEqual(['/orders/{orderId}', '/v1/{kind}/list']);
    expect(diff.orphan.map((one) => one.template)).toEqual(['/orders/open']);
    expect(diffEndpoints(observed, documented, Date.UTC(2025, 5, 1)).zombie).toHaveLength(1);
  });

  it('compares with the documents of the same host only', () => {
    const elsewhere = templatesFromOpenApi(document({ '/a': { get: operation } }, [{ url: 'https://other.example' }]));
    const observed = [{ method: 'GET', template: '/a' }];
    expect(diffEndpoints(observed, elsewhere, 0, 'api.example').shadow).toHaveLength(1);
    expect(diffEndpoints(observed, elsewhere, 0, 'OTHER.example').shadow).toHaveLength(0);
  });
});
