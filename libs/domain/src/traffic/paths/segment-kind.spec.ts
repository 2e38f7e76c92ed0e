import fc from 'fast-check';
import { segmentKind, type SegmentKind } from './segment-kind.ts';

describe('the kind of a segment', () => {
  it.each<[string, SegmentKind]>([
    ['42', 'id'],
    ['-7', 'id'],
    ['PROJ-12', 'id'],
    ['INV-2024-001', 'id'],
    ['order-1234', 'id'],
    ['cus_NffrFeUfNV2Hib', 'id'],
    ['i-0abc12345678def0', 'id'],
    ['6f9619ff-8b86-d011-b42d-00cf4fc964ff', 'uuid'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ulid'],
    ['507f1f77bcf86cd799439011', 'hex'],
    ['da39a3ee5e6b4b0d3255bfef95601890afd80709', 'hex'],
    ['2024-02-29', 'date'],
    ['2024-02', 'date'],
    ['2024-02-29T10:00:00Z', 'date'],
    ['a.b@example.org', 'email'],
    ['NL91ABNA0417164300', 'iban'],
    ['V1StGXR8Z5jdHi6B', 'token'],
    ['cjld2cjxh0000qzrmn831i7rn', 'token'],
    ['MDQ6VXNlcjU4MzIzMQ==', 'token'],
    ['1.2.3', 'version'],
    ['v10.0.1-rc.2', 'version'],
    ['en-US', 'locale'],
    ['10.0.0.1', 'ip'],
    ['2001:db8::1', 'ip'],
    ['+31612345678', 'phone'],
    ['52.37', 'number'],
    ['{secret}', 'secret'],
    ['x'.repeat(129), 'long'],
  ])('%s is %s', (segment, kind) => expect(segmentKind(segment)).toBe(kind));

  it.each([
    'orders',
    'v1',
    'v1beta1',
    'oauth2',
    's3',
    'k8s',
    'sha-256',
    'customerGroups',
    'merge-upstream',
    'ubuntu-22-04',
    '.well-known',
    'utf-8',
    'p2p',
    'x509',
    'GET',
    'load_15',
    'enterprise-28-day',
  ])(
    '%s may be a name', // prettier-ignore
    (segment) => expect(segmentKind(segment)).toBeUndefined(),
  );

  it('is told of any text, of any length', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => segmentKind(text) !== null));
    for (const hostile of ['-', '1-', 'a1', '@.', ':', '{', '=', '+1'])
      expect(segmentKind(hostile.repeat(500_000))).toBe('long');
  });
});
