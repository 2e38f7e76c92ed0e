import fc from 'fast-check';
import { PathTemplates } from './path-templates.ts';
import { knownKeys, teach, wordOf } from './testing.ts';

const ids = (n: number, from = 1): string[] => Array.from({ length: n }, (_, i) => String(from + i * 37));
const words = (n: number): string[] => Array.from({ length: n }, (_, i) => wordOf(i * 2_654_435_761));

describe('path templates', () => {
  it('show typed segments as parameters from the first known endpoint on', () => {
    const templates = new PathTemplates();
    teach(
      templates,
      ids(20).map((id) => `/orders/${id}/lines`),
    );
    expect(knownKeys(templates)).toEqual(['GET /orders/{id}/lines']);
  });

  it('tell slugs from names by their number, and keep the names that stand beside them', () => {
    const templates = new PathTemplates();
    teach(templates, ['/users/me', '/health', '/orders', '/invoices/search'], 300);
    teach(
      templates,
      words(200).map((name) => `/users/${name}/issues`),
      2,
    );
    teach(
      templates,
      words(200).map((name) => `/users/${name}`),
      2,
    );
    expect(knownKeys(templates)).toEqual([
      'GET /health',
      'GET /invoices/search',
      'GET /orders',
      'GET /users/me',
      'GET /users/{name}',
      'GET /users/{name}/issues',
    ]);
  });

  it('keep names apart that are many but come back', () => {
    const templates = new PathTemplates();
    const names = words(90).map((name) => `/v1/${name}`);
    teach(templates, names.slice(0, 10), 100);
    teach(templates, names, 15);
    expect(templates.endpoints()).toHaveLength(90);
  });

  it('take versions, verbs behind a colon, extensions and keys in brackets for what they are', () => {
    const templates = new PathTemplates();
    for (const form of [
      '/v1/things/#:cancel',
      '/reports/#.pdf',
      '/api/2/boards/#',
      '/odata/Orders(#)',
      '/v1/things/#;v=2',
      '/v1//things/#/',
    ])
      teach(
        templates,
        ids(20, 1_000).map((id) => form.replace('#', id)),
      );
    expect(knownKeys(templates)).toEqual([
      'GET /api/2/boards/{id}',
      'GET /odata/Orders({id})',
      'GET /reports/{id}.pdf',
      'GET /v1/things/{id}',
      'GET /v1/things/{id}:cancel',
    ]);
  });

  it('take days and small numbers where versions stand for names, and for values where things stand', () => {
    const templates = new PathTemplates();
    const forms = ['/2010-04-01/Accounts/#', '/api.xro/2.0/Invoices/#', '/rest/agile/1/boards/#', '/orders/7/lines/#'];
    for (const form of forms)
      teach(
        templates,
        ids(60, 1_000).map((id) => form.replace('#', id)),
      );
    expect(knownKeys(templates)).toEqual([
      'GET /2010-04-01/Accounts/{id}',
      'GET /api.xro/2.0/Invoices/{id}',
      'GET /orders/{id}/lines/{id}',
      'GET /rest/agile/1/boards/{id}',
    ]);
  });

  it('take days at the beginning for values once they keep coming', () => {
    const templates = new PathTemplates();
    const days = Array.from({ length: 60 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));
    teach(
      templates,
      days.map((day) => `/${day}/rates`),
      2,
    );
    expect(templates.match('GET', '/2026-12-24/rates')?.template).toBe('/{name}/rates');
  });

  it('tell the only value that is ever posted to, for all callers, from those that are read', () => {
    const templates = new PathTemplates({ warmSuccesses: 50 });
    const read = words(120).map((name) => `/addresses/${name}`);
    teach(templates, read, 2);
    teach(templates, ['/addresses/migrated'], 30, 'POST');
    templates.settle();
    expect(knownKeys(templates)).toEqual(['GET /addresses/{name}', 'POST /addresses/migrated']);
    expect(templates.match('GET', '/addresses/another')?.template).toBe('/addresses/{name}');
  });

  it('leave a value where it is that one caller alone, or a tenant with all else of its own, posts to', () => {
    const templates = new PathTemplates({ warmSuccesses: 50 });
    teach(templates, words(120).map((name) => `/tenants/${name}`), 2); // prettier-ignore
    for (const at of Array.from({ length: 60 }, (_, i) => 1.8e12 + i * 300_000))
      templates.observe({ method: 'DELETE', path: '/tenants/lonely', status: 200, caller: 'one', at });
    teach(templates, ['/tenants/busy'], 200);
    teach(templates, ['/tenants/busy'], 30, 'PUT');
    templates.settle();
    expect(knownKeys(templates)).toEqual(['DELETE /tenants/{name}', 'GET /tenants/{name}', 'PUT /tenants/{name}']);
  });

  it('tell a name from the values beside it whichever answer showed that those are values', () => {
    for (let first = 0; first < 24; first++) {
      const templates = new PathTemplates({ warmSuccesses: 50 });
      teach(templates, words(first).map((name) => `/listings/${name}/state`), 1, 'PUT'); // prettier-ignore
      for (const name of words(150)) {
        teach(templates, ['/listings/drafts']);
        teach(templates, [`/listings/${name}/state`], 1, 'PUT');
      }
      templates.settle();
      expect(knownKeys(templates)).toEqual(['GET /listings/drafts', 'PUT /listings/{name}/state']);
    }
  });

  it('tell the only value that proven ids follow, for all callers, from those that names follow', () => {
    const templates = new PathTemplates({ warmSuccesses: 50 });
    const word = wordOf(77_777);
    teach(templates, words(150).map((name) => `/products/${name}/${word}`), 2); // prettier-ignore
    teach(templates, ids(60).map((id) => `/products/${word}/${id}`)); // prettier-ignore
    templates.settle();
    expect(knownKeys(templates)).toEqual([`GET /products/${word}/{id}`, `GET /products/{name}/${word}`]);
    expect(templates.match('GET', `/products/${word}/99`)?.template).toBe(`/products/${word}/{id}`);
  });

  it('tell a dozen names that end where no value does, and no value that goes on as the others do', () => {
    const dozen = words(212).slice(200);
    for (const goesOn of [false, true]) {
      const templates = new PathTemplates({ warmSuccesses: 50 });
      let n = 0;
      const ask = (method: string, path: string): void => {
        n++;
        templates.observe({ method, path, status: 200, caller: `caller-${(n * 7) % 23}`, at: 1.8e12 + n * 60_000 });
      };
      for (const name of [...words(150), ...words(150)]) ask('PUT', `/streams/${name}/data`);
      for (let round = 0; round < 60; round++)
        for (const name of dozen) {
          ask('GET', `/streams/${name}`);
          if (goesOn) ask('PUT', `/streams/${name}/data`);
        }
      templates.settle();
      const known = knownKeys(templates).filter((key) => key.startsWith('GET'));
      expect(known).toEqual(goesOn ? ['GET /streams/{name}'] : dozen.map((name) => `GET /streams/${name}`).sort());
    }
  });

  it('keep a word for searching a name although something is called so as well', () => {
    const templates = new PathTemplates({ warmSuccesses: 50 });
    teach(templates, words(150).flatMap((name) => [`/projects/${name}`, `/projects/${name}/roles`, `/projects/${name}/keys`]), 2); // prettier-ignore
    teach(templates, ['/projects/search'], 60);
    teach(templates, ['/projects/search/roles', '/projects/search/keys'], 4);
    teach(templates, ['/projects/search'], 60);
    expect(knownKeys(templates)).toContain('GET /projects/search');
  });

  it('take percent-encoded and differently cased forms of a name for the name', () => {
    const templates = new PathTemplates();
    teach(templates, ['/orders/open'], 20);
    teach(templates, ['/Orders/Open', '/orders/%6Fpen'], 5);
    expect(templates.match('GET', '/ORDERS/open')?.key).toBe('GET /orders/open');
    expect(templates.figures.nodes).toBe(3);
  });

  it('know no endpoint before several callers or several hours have had good answers', () => {
    const templates = new PathTemplates();
    const at = Date.UTC(2026, 0, 5);
    for (let i = 0; i < 50; i++)
      templates.observe({ method: 'GET', path: '/orders', status: 200, caller: 'one', at: at + i });
    expect(templates.match('GET', '/orders')).toMatchObject({ key: 'GET /orders', known: false });
    for (let i = 0; i < 16; i++)
      templates.observe({ method: 'GET', path: '/orders', status: 200, caller: 'two', at: at + i });
    expect(templates.match('GET', '/orders')).toMatchObject({ known: true });
  });

  it('are the same after any number of scans, refused ones or such that one caller gets answered well', () => {
    const templates = new PathTemplates();
    teach(templates, [...ids(30).map((id) => `/orders/${id}`), '/orders/search', '/health'], 20);
    const before = knownKeys(templates);
    const at = Date.UTC(2026, 0, 9);
    for (let i = 0; i < 3_000; i++) {
      const path = `/${wordOf(i * 7_919)}/${wordOf(i * 104_729)}`;
      templates.observe({ method: 'GET', path, status: i % 2 === 0 ? 404 : 403, caller: 'scanner', at: at + i });
      templates.observe({ method: 'GET', path: `/orders${path}`, status: 200, caller: 'scanner', at: at + i });
      templates.observe({ method: 'GET', path: `/orders/${wordOf(i)}`, status: 302, caller: 'scanner', at: at + i });
    }
    expect(knownKeys(templates)).toEqual(before);
    expect(templates.match('GET', '/orders/7')?.key).toBe('GET /orders/{id}');
  });

  it('learn nothing at all from refusals', () => {
    const templates = new PathTemplates();
    for (let i = 0; i < 100; i++)
      expect(
        templates.observe({ method: 'GET', path: `/a/${i}`, status: 404, caller: `c${i}`, at: i }),
      ).toBeUndefined();
    expect(templates.figures.nodes).toBe(1);
    expect(templates.provisional('/a/5/b')).toBe('/a/{id}/b');
  });

  it('never rename what was shown, whatever kind of values comes later', () => {
    const templates = new PathTemplates();
    teach(
      templates,
      ids(20).map((id) => `/orders/${id}`),
    );
    const version = templates.version;
    teach(
      templates,
      ids(400).map((id) => `/orders/6f9619ff-8b86-d011-b42d-${id.padStart(12, '0')}`),
    );
    expect(knownKeys(templates)).toEqual(['GET /orders/{id}']);
    expect(templates.changesSince(version)).toEqual({ known: [], replaced: [] });
  });

  it('tell what replaced an endpoint that turned out to be one value', () => {
    const templates = new PathTemplates();
    teach(templates, ['/boards/alfabo', '/health'], 600);
    const version = templates.version;
    expect(knownKeys(templates)).toContain('GET /boards/alfabo');
    teach(
      templates,
      words(300).map((name) => `/boards/${name}`),
    );
    expect(templates.changesSince(version).replaced).toMatchObject([
      { key: 'GET /boards/alfabo', replacedBy: 'GET /boards/{name}' },
    ]);
    expect(knownKeys(templates)).toEqual(['GET /boards/{name}', 'GET /health']);
  });

  it('hold their memory under paths without end, and keep what is known', () => {
    const templates = new PathTemplates({ maxNodes: 2_000, maxChildren: 64, maxCachedPaths: 100 });
    teach(templates, ['/orders', '/orders/1/lines', '/health'], 20);
    const before = knownKeys(templates);
    const at = Date.UTC(2026, 1, 1);
    for (let i = 0; i < 30_000; i++) {
      const path = `/${wordOf(i * 31)}/${wordOf(i * 17)}-${i}/${wordOf(i)}/${'x'.repeat(i % 50)}`;
      templates.observe({ method: `M${i % 40}`, path, status: 200, caller: 'one', at: at + i * 10 });
      if (templates.figures.nodes > 2_000 || templates.figures.cachedPaths > 101) throw new Error('over its bounds');
    }
    expect(knownKeys(templates)).toEqual(expect.arrayContaining(before));
  }, 120_000);

  it('count their nodes right through merges and evictions', () => {
    const templates = new PathTemplates({ maxNodes: 500, maxChildren: 32 });
    teach(
      templates,
      words(2_000).map((name, i) => `/a${i % 5}/${name}/${wordOf(i * 3)}`),
    );
    const count = (node: typeof templates.trie.root): number =>
      [...(node.names?.values() ?? []), ...(node.param === undefined ? [] : [node.param])].reduce(
        (sum, child) => sum + count(child),
        1,
      );
    expect(count(templates.trie.root)).toBe(templates.figures.nodes);
  });

  it('bound the known endpoints, and count what was turned away', () => {
    const templates = new PathTemplates({ maxEndpoints: 5 });
    teach(
      templates,
      words(12).map((name) => `/v1/${name}`),
      40,
    );
    expect(templates.endpoints()).toHaveLength(5);
    expect(templates.figures.refusedEndpoints).toBeGreaterThan(0);
  });
});

describe('templates that an operator corrects', () => {
  it('merge what was thought to be names', () => {
    const templates = new PathTemplates();
    teach(templates, ['/regions/north/shops', '/regions/south/shops'], 30);
    expect(knownKeys(templates)).toHaveLength(2);
    templates.merge('/regions/{region}');
    expect(knownKeys(templates)).toEqual(['GET /regions/{name}/shops']);
    teach(templates, ['/regions/west/shops'], 30);
    expect(knownKeys(templates)).toEqual(['GET /regions/{name}/shops']);
  });

  it('split a name off, and call parameters as they are pinned', () => {
    const templates = new PathTemplates();
    teach(
      templates,
      ids(30).map((id) => `/users/${id}`),
      2,
    );
    templates.pin('/users/{login}', 'GET');
    templates.split('/users/{login}', 'octocat');
    teach(templates, ['/users/octocat', '/users/hubot', '/users/monalisa'], 20);
    expect(knownKeys(templates)).toEqual(['GET /users/octocat', 'GET /users/{login}']);
    expect(() => templates.split('/users', 'me')).toThrow('no placeholder in /users');
  });

  it('keep pinned names whatever traffic comes', () => {
    const templates = new PathTemplates();
    templates.pin('/files/alfabo', 'GET');
    teach(templates, ['/health'], 1_200);
    teach(
      templates,
      words(300).map((name) => `/files/${name}`),
      2,
    );
    expect(knownKeys(templates)).toEqual(['GET /files/alfabo', 'GET /files/{name}', 'GET /health']);
  });
});

describe('any traffic', () => {
  const segment = fc.oneof(
    fc.constantFrom(
      'orders',
      'users',
      'me',
      'search',
      'v1',
      'items',
      'Orders',
      'a.json',
      '7:cancel',
      '%2e',
      '%',
      ';',
      '..',
      '{x}',
      '{}',
    ),
    fc.nat({ max: 40 }).map(wordOf),
    fc.nat().map(String),
    fc.uuid(),
    fc.string({ maxLength: 6 }).map((text) => text.replaceAll('?', '')),
  );
  const event = fc.record({
    path: fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
    method: fc.constantFrom('GET', 'POST'),
    status: fc.constantFrom(200, 201, 304, 404, 500),
    caller: fc.nat({ max: 9 }).map(String),
  });

  it('gets for each learned event what a lookup gets, and templates of which no two say the same', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 20, maxLength: 300 }), fc.nat({ max: 3 }), (events, repeats) => {
        const templates = new PathTemplates({ minSuccesses: 2, warmSuccesses: 20, maxChildren: 20, maxNodes: 150 });
        for (let round = 0; round <= repeats; round++)
          events.forEach((one, i) => {
            const found = templates.observe({ ...one, at: i * 1_000_000 });
            if (found === undefined || one.status >= 400) return;
            expect(templates.match(one.method, one.path)?.key).toBe(found.key);
          });
        const structures = templates.endpoints().map((one) => one.key.replace(/\{[^}]*\}/g, '{}'));
        expect(new Set(structures).size).toBe(structures.length);
        expect(templates.figures.nodes).toBeLessThanOrEqual(150);
        expect(templates.endpoints()).toHaveLength(templates.figures.known);
      }),
      { numRuns: 150 },
    );
  });
});
