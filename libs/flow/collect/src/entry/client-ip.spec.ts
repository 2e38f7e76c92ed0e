import { describe, expect, it } from '@jest/globals';
import { aContext, anEntry, eventOf } from '../testing/log-entry.ts';
import { loggedIp, TrustedProxies } from './client-ip.ts';

describe('loggedIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:5123', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['unix:', ''],
    ['192.0.2.256', ''],
    ['01.2.3.4', ''],
    ['not an address', ''],
    ['', ''],
    ['x'.repeat(100_000), ''],
  ])('%s', (text, expected) => expect(loggedIp(text)).toBe(expected));
});

describe('the client address', () => {
  const context = aContext({ trustedProxies: ['10.0.0.0/8', '2001:db8:ffff::/48', '127.0.0.1'] });
  const clientOf = (clientIp: unknown, forwardedFor: unknown) =>
    eventOf(
      anEntry((e) => {
        e['client_ip'] = clientIp;
        e.request.headers['x-forwarded-for'] = forwardedFor;
      }),
      context,
    ).clientIp;

  it('is the first hop from the right that is no trusted proxy', () => {
    expect(clientOf('10.1.2.3', '203.0.113.9, 198.51.100.7, 10.9.9.9')).toBe('198.51.100.7');
    expect(clientOf('10.1.2.3', ['203.0.113.9', '198.51.100.7'])).toBe('198.51.100.7');
    expect(clientOf('::ffff:10.1.2.3', '2001:DB8:1::5')).toBe('2001:db8:1::5');
  });

  it('is the peer when the peer is no trusted proxy: anybody can write the header', () => {
    expect(clientOf('198.51.100.1', '203.0.113.9')).toBe('198.51.100.1');
  });

  it('is the farthest proxy when all hops are trusted, and stops at a hop that is unreadable', () => {
    expect(clientOf('10.1.2.3', '10.5.5.5, 10.6.6.6')).toBe('10.5.5.5');
    expect(clientOf('10.1.2.3', '203.0.113.9, garbage, 10.6.6.6')).toBe('10.6.6.6');
    expect(clientOf('10.1.2.3', '')).toBe('10.1.2.3');
    expect(clientOf('10.1.2.3', { a: 1 })).toBe('10.1.2.3');
  });

  it('a hostile megabyte of hops is bounded', () => {
    expect(clientOf('10.1.2.3', '10.1.1.1,'.repeat(100_000))).toBe('10.1.2.3');
  });

  it('trusted proxies that are no addresses are a configuration error', () => {
    for (const bad of ['10.0.0.0/33', 'proxy.local', '2001:db8::/129', '10.0.0.0/x', ''])
      expect(() => new TrustedProxies([bad])).toThrow('trusted proxy');
  });
});
