import { anApiEvent } from '@outrider/domain/traffic/testing';
import { EndpointFinder } from './endpoint-finder.ts';
import { TemplateRegistry } from './paths/template-registry.ts';

const good = (path: string, n: number, host = 'api.example') =>
  anApiEvent({
    path,
    host,
    status: 200,
    answeredBy: 'upstream',
    serviceId: 'shop',
    clientIp: `10.0.0.${n % 9}`,
    consumerId: '',
    credentialId: '',
  });

describe('the endpoint finder', () => {
  it('returns one object for a known endpoint, and a guess without inventory for what is not known', () => {
    const finder = new EndpointFinder();
    for (let n = 0; n < 40; n++) finder.observe(good(`/orders/${n}`, n));
    const first = finder.observe(good('/orders/77', 1));
    expect(first).toMatchObject({ template: '/orders/{id}', isKnown: true });
    expect(finder.find(good('/orders/78', 2))).toBe(first);
    expect(finder.find(good('/orders/78/x', 2))).toEqual({
      endpoint: undefined,
      template: '/orders/{id}/x',
      isKnown: false,
    });
  });

  it('learns nothing from what the gateway answered itself, nor without a service', () => {
    const finder = new EndpointFinder();
    for (let n = 0; n < 40; n++) {
      finder.observe({ ...good('/a', n), answeredBy: 'kong' });
      finder.observe({ ...good('/a', n), serviceId: '' });
    }
    expect([...finder.registry.entries()]).toEqual([]);
  });

  it('keeps what services know when hosts without number are invented', () => {
    const finder = new EndpointFinder(new TemplateRegistry({}, 10));
    for (let n = 0; n < 40; n++) finder.observe(good('/a', n));
    for (let n = 0; n < 500; n++) finder.observe(good('/a', n, `h${n}.example`));
    expect([...finder.registry.entries()]).toHaveLength(10);
    expect(finder.find(good('/a', 1)).isKnown).toBe(true);
    expect(finder.registry.evictedScopes).toBe(491);
  });
});
