import { describe, expect, it } from '@jest/globals';
import { AdminWords, asksForHealth } from './admin-words.ts';
import { controlPlaneOf } from './control-plane.ts';

describe('an upstream is a control plane', () => {
  it.each<[string, string | undefined]>([
    ['127.0.0.1:8001', 'kong-admin'],
    ['localhost:8444', 'kong-admin'],
    ['[::1]:8001', 'kong-admin'],
    ['kong:8001', 'kong-admin'],
    ['kong-gateway:8001', 'kong-admin'],
    ['my-release-kong-admin.gw.svc.cluster.local:8444', 'kong-admin'],
    ['kong-admin.kong.8001.svc:8001', 'kong-admin'],
    ['127.0.0.1:8002', 'kong-manager'],
    ['127.0.0.1:8100', 'kong-status'],
    ['localhost:8007', 'kong-status'],
    ['169.254.169.254:80', 'cloud-metadata'],
    ['[fd00:ec2::254]:80', 'cloud-metadata'],
    ['metadata.google.internal:80', 'cloud-metadata'],
    ['10.1.2.3:2375', 'docker'],
    ['etcd-0.etcd:2379', 'etcd'],
    ['10.1.2.3:6443', 'kubernetes'],
    ['kubernetes.default.svc:443', 'kubernetes'],
    ['10.1.2.3:10250', 'kubelet'],
    ['consul-server:8500', 'consul'],
    // ordinary programs
    ['orders:8001', undefined],
    ['10.1.2.3:8001', undefined],
    ['orders.kong.8001.svc:8001', undefined],
    ['hong-kong-orders:8001', undefined],
    ['kongregate:8001', undefined],
    ['kong-demo-shop:8001', undefined],
    ['kong:8000', undefined],
    ['127.0.0.1:8000', undefined],
    ['127.0.0.1:8080', undefined],
    ['localhost:3000', undefined],
    ['model-server:8500', undefined],
    ['metadata-service:80', undefined],
    ['kubernetes-docs:443', undefined],
    ['orders:18001', undefined],
    ['', undefined],
    [':', undefined],
  ])('%s: %s', (upstream, kind) => {
    expect(controlPlaneOf(upstream)?.kind).toBe(kind);
  });

  it('where the user says that its Admin API listens', () => {
    expect(controlPlaneOf('10.1.2.3:9001', [9001])?.kind).toBe('kong-admin');
  });
});

describe("the Admin API's collections", () => {
  it.each<[string, readonly string[], boolean]>([
    ['prove it together', ['/ops/services', '/ops/plugins/{id}', '/ops/consumers/{id}/key-auth'], true],
    ['do not when they are those of a shop', ['/services', '/routes', '/status', '/config', '/certificates'], false],
    ['do not when only one is its own', ['/services', '/plugins', '/plugins/{id}', '/routes'], false],
  ])('%s', (_name, paths, proven) => {
    const words = new AdminWords();
    for (const path of paths) words.add(path);
    expect(words.prove).toBe(proven);
  });

  it.each<[string, string, boolean]>([
    ['GET', '/health', true],
    ['GET', '/kong/status/', true],
    ['HEAD', '/Metrics', true],
    ['POST', '/status', false],
    ['GET', '/services', false],
    ['GET', '/', false],
  ])('%s %s asks for health: %s', (method, path, asks) => {
    expect(asksForHealth(method, path)).toBe(asks);
  });
});
