import { describe, expect, it } from '@jest/globals';
import { AddressFacts, NO_FACTS, type Facts } from '@outrider/ports/address-facts';
import { EntryReader } from '../entry/entry-reader.ts';
import { aContext, anEntry, eventOf, FINGERPRINT_KEY, readEntry, type LooseEntry } from '../testing/log-entry.ts';
import { dataClassSignals } from './data-class-signals.ts';
import { RawMatcher } from './raw-matcher.ts';

const changed = (change: (entry: LooseEntry) => void) => eventOf(anEntry(change));

describe('what is read out of the raw request', () => {
  it('a secret is gone from the event, but the attack beside it was seen', () => {
    const event = changed((e) => void (e.request['uri'] = "/api/x?apikey=alice-key&q=1'%20or%20'1'='1"));
    expect(event).toMatchObject({ attacks: expect.stringMatching(/^sqli:\d+$/) as unknown as string });
    expect(JSON.stringify(event)).not.toContain('alice-key');
  });

  it('user agent, referer and an entry that lost its URI are looked at too', () => {
    expect(changed((e) => void (e.request.headers['user-agent'] = '${jndi:ldap://x/a}'))).toMatchObject({
      attacks: 'jndi:5',
    });
    expect(changed((e) => void (e.request.headers['referer'] = 'https://x/?${jndi:ldap://x/a}'))).toMatchObject({
      attacks: 'jndi:5',
    });
    const lost = changed((e) => {
      e.request['uri'] = '';
      e.request['querystring'] = { q: '<script>alert(1)</script>' };
    });
    expect(lost).toMatchObject({ attacks: expect.stringContaining('xss:') as unknown as string });
  });

  it('a look-up is found in any header, an injection where an address belongs; an honest template elsewhere is let be', () => {
    const sent = (name: string, value: unknown) => changed((e) => void (e.request.headers[name] = value));
    for (const name of ['x-api-version', 'cookie', 'x-forwarded-for', 'accept-language'])
      expect(sent(name, '${${lower:j}ndi:ldap://x/a}')).toMatchObject({ attacks: 'jndi:5' });
    expect(sent('x-custom', [{ toString: 1 }, '${jndi:dns://x}'])).toMatchObject({ attacks: 'jndi:5' });
    expect(sent('x-forwarded-for', "1' OR '1'='1")).toMatchObject({ attacks: 'sqli:10' });
    for (const text of ["admin'--", '1 AND 1=1', "1;WAITFOR DELAY '0:0:5'--", '../../../../etc/passwd'])
      for (const name of ['x-forwarded-for', 'referer', 'x-real-ip'])
        expect([name, text, sent(name, text).attacks]).toEqual([name, text, expect.stringMatching(/^(?:sqli|traversal):\d+$/)]); // prettier-ignore
    for (const text of ["x' OR '1'='1", "x' UNION SELECT NULL,NULL-- -", "x%27%20AND%20SLEEP(5)--%20-", "x';SELECT pg_sleep(10)--"])
      expect([text, sent('cookie', `_ga=GA1.2; TrackingId=${text}`).attacks]).toEqual([text, expect.stringContaining('sqli:')]); // prettier-ignore
    expect(sent('user-agent', "1' OR '1'='1").attacks).toContain('sqli:');
    expect(sent('cookie', `_ga=GA1.2; who=O'Brien; consent={'a':true,'b':"c"}; cart=[1,2]; note=it%27s or 5 o%27clock`)).toMatchObject({ attacks: '' }); // prettier-ignore
    expect(sent('x-user', "Rosie O'Grady or Pat O'Neil")).toMatchObject({ attacks: '' });
    for (const page of ['https://shop.example/search?q=1+AND+1', '/cart', 'shop.example/a', 'android-app://com.x/', '$url', '-', 'about:blank', 'null'])
      expect([page, sent('referer', page).attacks]).toEqual([page, '']); // prettier-ignore
    expect(sent('x-forwarded-for', '203.0.113.9, unknown, [2001:db8::1]:443')).toMatchObject({ attacks: '' });
    expect(sent('x-template', 'Dear ${name}, 1 < 2; select a from b')).toMatchObject({ attacks: '' });
  });

  it('a client stack is known by what it sends, in any order, whatever the request, its way and its caller', () => {
    const print = (headers: Record<string, unknown>, tls?: unknown) => {
      const event = changed((e) => {
        e.request.headers = { 'user-agent': 'a/1', accept: '*/*', ...headers };
        if (tls !== undefined) e.request['tls'] = tls;
      });
      return (event as unknown as { clientFingerprint: string }).clientFingerprint;
    };
    const one = print({});
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(changed((e) => void (e.request.headers = { accept: '*/*', 'user-agent': 'a/1' }))).toMatchObject({
      clientFingerprint: one,
    });
    expect(
      print({
        cookie: 'x=1',
        apikey: 'k',
        'content-length': '5',
        'x-request-id': 'r',
        traceparent: 't',
        via: 'v',
        'x-forwarded-for': '1.2.3.4',
      }),
    ).toBe(one);
    const others = [
      print({ accept: 'text/html' }),
      print({ 'x-app': '1' }),
      print({ 'user-agent': 'a/2' }),
      print({ 'accept-language': 'nl' }),
      print({}, { version: 'TLSv1.3', cipher: 'X' }),
    ];
    expect(new Set([one, ...others]).size).toBe(6);
  });

  it('a claimed address that is not the client, and an asked-for method, are told; nonsense is not', () => {
    const forwarded = (value: unknown) => changed((e) => void (e.request.headers['x-forwarded-for'] = value));
    expect(forwarded('203.0.113.9, 10.0.0.1')).toMatchObject({ forwardedFor: '203.0.113.9' });
    expect(forwarded('127.0.0.1')).toMatchObject({ forwardedFor: '' });
    expect(forwarded('unknown')).toMatchObject({ forwardedFor: '' });
    expect(changed((e) => void (e.request.headers['x-http-method-override'] = 'delete'))).toMatchObject({
      methodOverride: 'DELETE',
    });
    expect(changed((e) => void (e.request.headers['x-method-override'] = 'a b'))).toMatchObject({ methodOverride: '' });
  });

  it('of several rate limits the one with the least left counts', () => {
    const rate = (headers: Record<string, unknown>) => changed((e) => void (e.response.headers = headers));
    expect(rate({ 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '7' })).toMatchObject({
      rateLimit: 100,
      rateRemaining: 7,
    });
    const several = {
      'x-ratelimit-limit-minute': '10',
      'x-ratelimit-remaining-minute': '9',
      'x-ratelimit-limit-hour': '100',
      'x-ratelimit-remaining-hour': 3,
    };
    expect(rate(several)).toMatchObject({ rateLimit: 100, rateRemaining: 3 });
    expect(rate({ 'ratelimit-limit': {} })).toMatchObject({ rateLimit: -1, rateRemaining: -1 });
  });

  it('personal data is classed by place', () => {
    expect(
      dataClassSignals('/users/jan%40example.org/cards/4111111111111111', 'iban=NL91ABNA0417164300&ip=192.0.2.7'),
    ).toBe('path:card,path:email,query:iban,query:ip');
    expect(dataClassSignals('/customers/bsn/111222333', 'phone=%2B31612345678&ts=1700000000000')).toBe(
      'path:bsn,query:phone',
    );
    expect(dataClassSignals('/orders/12345678/6f9619ff-8b86-d011-b42d-00cf4fc964ff', 'page=2&q=hello+world')).toBe('');
  });

  it('numbers that page or name an object are kept, a card under such a name is not', () => {
    const query = (text: string) => changed((e) => void (e.request['uri'] = `/x?${text}`)).query;
    expect(query('page=3&order_id=17&orderId=18&uuid=6f9619ff-8b86-d011-b42d-00cf4fc964ff&cursor=5&paid=1')).toBe(
      'page=3&order_id=17&orderId=18&uuid=6f9619ff-8b86-d011-b42d-00cf4fc964ff&cursor=int:1&paid=int:1',
    );
    expect(query('id=4111111111111111&session_id=5&page=two')).toBe('id=int:16&session_id=secret:1&page=word:3');
  });

  it.each([
    ['role=admin&rank=Super_Admin&as=root&who=ROLE_ADMIN&user=superuser', 'role=privilege:5&rank=privilege:11&as=privilege:4&who=privilege:10&user=privilege:9'],
    ['role=editor&q=adminton&name=rooted&sort=administrative', 'role=word:6&q=word:8&name=word:6&sort=word:14'],
    ['page=undefined&id=null&limit=all&x=NaN&sort=latest', 'page=special:9&id=special:4&limit=special:3&x=special:3&sort=special:6'],
    ['query={__schema{types{name}}}', 'query=schema:23'],
    ['query=%7B__type(name:%22User%22)%7Bname%7D%7D', 'query=schema:27'],
    ['query=%7Bproducts%7Bid%20__typename%7D%7D&q=what+is+__typename', 'query=text:25&q=text:18'],
  ])('the values of %s are classed by what they mean, and are not kept', (query, outline) => {
    expect(changed((e) => void (e.request['uri'] = `/x?${query}`)).query).toBe(outline);
  }); // prettier-ignore

  it('facts of the address and matches of raw rules are asked where they are provided', () => {
    class Facts1 extends AddressFacts {
      lookup(ip: string): Facts {
        return ip === '127.0.0.1'
          ? { ...NO_FACTS, country: 'NL', asn: 64_500, network: 'hosting', threat: 'list' }
          : NO_FACTS;
      }
      status() {
        return { sources: [], cached: 0 };
      }
    }
    class Rules extends RawMatcher {
      match(path: string, query: string, agent: string, referer: string, method: string, status: number): string {
        return [path, query, agent, referer, method, status].join('|');
      }
    }
    const reader = new EntryReader({ fingerprintKey: FINGERPRINT_KEY, addresses: new Facts1(), rules: new Rules() });
    const outcome = readEntry(
      anEntry((e) => void (e.request['uri'] = '/a?b=c')),
      aContext(),
      reader,
    );
    expect(outcome.kind === 'pass' && outcome.event).toMatchObject({
      country: 'NL', asn: 64_500, network: 'hosting', threat: 'list', location: '', ruleMatches: '/a|b=c|lab/1.0||GET|200',
    }); // prettier-ignore
  });
});
