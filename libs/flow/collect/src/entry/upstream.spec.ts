import { describe, expect, it } from '@jest/globals';
import { aContext } from '../testing/log-entry.ts';

const context = aContext();
const tried = (ip: string, port: unknown) => [
  { ip: '192.0.2.9', port: 9, state: 'failed' },
  { ip, port },
];

describe('what stands behind a service', () => {
  it.each<[name: string, service: object, tries: unknown, upstream: string]>([
    ['is what the service names, lower case', { host: 'Kong-Admin.internal', port: 8001 }, tried('10.0.0.7', 8001), 'kong-admin.internal:8001'],
    ['is what the service names where nothing was proxied', { host: '127.0.0.1', port: 8001 }, [], '127.0.0.1:8001'],
    ['is nothing without a service', {}, undefined, ''],
    ['has the port of the target where the service names a Kong upstream', { host: 'orders', port: 80 }, tried('10.0.0.7', 9000), 'orders:9000'],
    ['is the loopback address that a name hides', { host: 'innocent', port: 80 }, tried('127.0.0.1', 8001), '127.0.0.1:8001'],
    ['is the link-local address that a name hides', { host: 'innocent', port: 80 }, tried('169.254.169.254', 80), '169.254.169.254:80'],
    ['is the address and port that the service names, whatever was tried', { host: '127.0.0.1', port: 8001 }, tried('10.0.0.7', 8080), '127.0.0.1:8001'],
    ['is not the address of a pod', { host: 'innocent', port: 8080 }, tried('10.1.2.3', 8080), 'innocent:8080'],
    ['stays localhost', { host: 'localhost', port: 8001 }, tried('127.0.0.1', 8001), 'localhost:8001'],
    ['has brackets where it is IPv6', { host: '::1', port: 8001 }, [], '[::1]:8001'],
    ['has no user and password', { host: 'root:hunter2@db', port: '5432' }, {}, 'db:5432'],
    ['has no port that is none', { host: 'db', port: 'x' }, [null], 'db'],
    ['is nothing where the host is no text', { host: { a: 1 }, port: 1 }, tried('', -1), ''],
  ])('%s', (_name, service, tries, upstream) => {
    expect(context.upstream(service as Record<string, unknown>, tries)).toBe(upstream);
    expect(context.upstream(service as Record<string, unknown>, tries)).toBe(upstream);
  }); // prettier-ignore

  it('is bounded and holds no secret', () => {
    expect(context.upstream({ host: 'h'.repeat(100_000), port: 65_535 }, []).length).toBeLessThanOrEqual(255);
    const key = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
    expect(context.upstream({ host: key, port: 80 }, [])).not.toContain('dozjg');
  });
});
