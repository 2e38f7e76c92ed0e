import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pathTemplate } from './path-template.ts';

describe('pathTemplate', () => {
  it.each([
    ['/orders/42', '/orders/{id}'],
    ['/orders/-1/items/007', '/orders/{id}/items/{id}'],
    ['/users/4F4BF393-5b7c-42f1-82a0-961096f6ea03', '/users/{uuid}'],
    ['/events/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/events/{ulid}'],
    ['/blob/356a192b7913b04c54574d18c28d46e6395428ab', '/blob/{hex}'],
    ['/items/507f1f77bcf86cd799439011', '/items/{hex}'],
    ['/reports/2024-01-31', '/reports/{date}'],
    ['/reports/2024-01-31T10:00:00Z', '/reports/{date}'],
    ['/mail/ops@example.com', '/mail/{email}'],
    ['/mail/ops%40example.com/inbox', '/mail/{email}/inbox'],
    ['/files/{secret}/meta', '/files/{secret}/meta'],
    [`/long/${'a'.repeat(300)}`, '/long/{long}'],
  ])('%s is %s', (path, template) => expect(pathTemplate(path)).toBe(template));

  it.each([
    '',
    '/',
    '//',
    '/api/v1/orders',
    '/v2/users/me',
    '/face',
    '/decade',
    '/add/feed',
    '/a/../b',
    '/café',
    '/index.html',
    '/2fa',
    '/x-1',
  ])('leaves the names of %s alone', (path) => expect(pathTemplate(path)).toBe(path));

  it.each([
    ['/2010-04-01/Accounts/AC1/Calls', '/2010-04-01/Accounts/AC1/Calls'],
    ['/1/boards/42', '/1/boards/{id}'],
    ['/rest/api/3/issue/77', '/rest/api/3/issue/{id}'],
    ['/api/2/users/8', '/api/2/users/{id}'],
    ['/rest/agile/1/boards', '/rest/agile/1/boards'],
  ])('%s keeps the version that stands where versions stand', (path, template) =>
    expect(pathTemplate(path)).toBe(template),
  );

  it.each([
    ['/users/3/orders', '/users/{id}/orders'],
    ['/api/12/orders', '/api/{id}/orders'],
    ['/api/3', '/api/{id}'],
    ['/2024-01-31', '/{date}'],
    ['/2024-01-31/', '/{date}/'],
    ['/reports/2024-01-31/lines', '/reports/{date}/lines'],
    ['/2024-01-31T10:00:00Z/lines', '/{date}/lines'],
  ])('%s has a value, wherever a version might be', (path, template) => expect(pathTemplate(path)).toBe(template));

  it('ids of one kind are one endpoint, whatever their value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 10n ** 30n })), fc.uuid(), (number, uuid) => {
        expect(pathTemplate(`/a/${number}/b/${uuid}`)).toBe('/a/{id}/b/{uuid}');
      }),
    );
  });

  it('is bounded, and stable when applied to its own result', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 }), { maxLength: 60 }), (segments) => {
        const template = pathTemplate(`/${segments.join('/')}`);
        expect(template.length).toBeLessThanOrEqual(520);
        if (!template.endsWith('{rest}')) expect(pathTemplate(template)).toBe(template);
      }),
    );
  });

  it.each(['/', '1', 'a', '-', '@', 'f0', '%40', 'a@a.', '2024-01-01T'])(
    'a hostile megabyte of "%s" is linear',
    (piece) => {
      expect(pathTemplate(`/${piece.repeat((1 << 20) / piece.length)}`).length).toBeLessThanOrEqual(520);
    },
  );
});
