import { describe, expect, it } from '@jest/globals';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { Audience } from './audience.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const of = (requests: number, addresses: number, everyMs: number): Audience => {
  const audience = new Audience();
  for (let i = 0; i < requests; i++) {
    const n = i % addresses;
    audience.add(anApiEvent({ clientIp: `198.51.${Math.floor(n / 250)}.${n % 250}` }), AT + i * everyMs);
  }
  return audience;
};

describe('the audience of a key', () => {
  it('is its addresses of five minutes, and how much each asks', () => {
    const { addresses, perAddress } = of(600, 200, 100);
    expect({ addresses, perAddress }).toEqual({ addresses: 200, perAddress: 3 });
  });

  it('is measured by the first of very many addresses, and not diluted by the others', () => {
    const crowd = of(20_000, 5_000, 1);
    expect(crowd.addresses).toBe(512);
    expect(crowd.perAddress).toBe(4);
  });

  it('forgets who came ten minutes ago', () => {
    const audience = of(600, 200, 100);
    audience.add(anApiEvent({ clientIp: '192.0.2.1' }), AT + 900_000);
    expect(audience.addresses).toBe(1);
  });
});
