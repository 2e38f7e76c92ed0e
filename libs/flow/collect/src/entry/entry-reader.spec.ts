import { describe, expect, it } from '@jest/globals';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { ApiEvent } from '@outrider/domain/traffic/api-event';
import { aContext, anEntry, aReader, eventOf, readEntry, RECEIVED_AT, type LooseEntry } from '../testing/log-entry.ts';

const refusedFor = (entry: unknown): string => {
  const outcome = readEntry(entry);
  return outcome.kind === 'dead-letter' ? outcome.reason : 'pass';
};

describe('EntryReader', () => {
  it('names why it cannot read an entry', () => {
    expect(refusedFor(Buffer.from('GET / HTTP/1.1'))).toBe('not-json');
    expect(refusedFor(Buffer.from('{"started_at":1,'))).toBe('not-json');
    expect(refusedFor(Buffer.from('"text"'))).toBe('not-an-object');
    expect(refusedFor(Buffer.from('[1]'))).toBe('not-an-object');
    expect(refusedFor(Buffer.from('42'))).toBe('not-an-object');
    expect(refusedFor({})).toBe('no-time');
    expect(refusedFor({ started_at: {}, request: {} })).toBe('no-time');
    expect(refusedFor({ started_at: 1_795_366_652, request: {} })).toBe('bad-time');
    expect(refusedFor({ started_at: RECEIVED_AT })).toBe('no-request');
    expect(refusedFor({ started_at: RECEIVED_AT, request: 'x', session: 7 })).toBe('no-request');
  });

  it('refuses live entries with times years away, but reads them from a file', () => {
    expect(refusedFor({ started_at: Date.UTC(2040, 0), request: {} })).toBe('bad-time');
    expect(refusedFor({ started_at: Date.UTC(2005, 0), request: {} })).toBe('bad-time');
  });

  it("a file's line was received when it says it began, whatever this machine's clock is; a live one when it came", () => {
    const startedAt = RECEIVED_AT + 900 * 86_400_000;
    const bytes = Buffer.from(JSON.stringify({ started_at: startedAt, request: {} }));
    const receivedAt = (by: 'file' | 'tcp'): unknown => {
      const outcome = aReader().read(bytes, 0, bytes.length, aContext(), RECEIVED_AT, by);
      return outcome.kind === 'pass' ? outcome.event.receivedAt : outcome.reason;
    };
    expect([receivedAt('file'), receivedAt('tcp')]).toEqual([startedAt, RECEIVED_AT]);
  });

  it('knows who called also where Kong names no credential, and nobody by the consumer that stands for everybody', () => {
    const called = (consumer: object | undefined, headers: object = {}, authenticated?: object) => {
      const { consumerId, credentialId } = eventOf({
        started_at: RECEIVED_AT,
        request: { method: 'GET', uri: '/orders', headers },
        ...(consumer && { consumer }),
        ...(authenticated && { authenticated_entity: authenticated }),
      });
      return { consumerId, credentialId };
    };
    const alice = { id: '11111111-1111-4111-8111-111111111111', username: 'alice' };
    const key = '22222222-2222-4222-8222-222222222222';
    expect(called(alice, {}, { id: key })).toEqual({ consumerId: alice.id, credentialId: key });
    // OpenID Connect, certificates that are mapped to consumers
    expect(called(alice)).toEqual({ consumerId: alice.id, credentialId: alice.id });
    expect(called({ username: 'alice' })).toEqual({ consumerId: 'alice', credentialId: 'alice' });
    expect(called(alice, { 'x-anonymous-consumer': 'true' })).toEqual({ consumerId: alice.id, credentialId: '' });
    for (const username of ['anonymous', 'anon', 'anonymous-web', 'guest'])
      expect(called({ id: alice.id, username })).toEqual({ consumerId: alice.id, credentialId: '' });
    expect(called({ id: alice.id, username: 'anonymizer-gmbh' }).credentialId).toBe(alice.id);
    expect(called(undefined)).toEqual({ consumerId: '', credentialId: '' });
  });

  it('takes an answer for the upstream’s where the entry says nothing of who answered, but for those that Kong gives', () => {
    const by = (status: number, more: object = {}) =>
      eventOf({ started_at: RECEIVED_AT, request: { method: 'GET', uri: '/orders' }, response: { status }, ...more })
        .answeredBy;
    expect([200, 201, 302, 422, 500].map((status) => by(status))).toEqual(Array(5).fill('upstream'));
    expect([401, 403, 404, 429, 503].map((status) => by(status))).toEqual(Array(5).fill('kong'));
    expect(by(200, { source: 'kong' })).toBe('kong');
    expect(by(200, { tries: [] })).toBe('kong');
    expect(by(401, { source: 'upstream' })).toBe('upstream');
  });

  it('a dead letter is redacted, bounded, and the same for the same content', () => {
    const line = Buffer.from(`{"apikey":"alice-key","x":"${'geheim'.repeat(3_000)}`);
    const [a, b] = [readEntry(line), readEntry(line)];
    if (a.kind === 'pass' || b.kind === 'pass') throw new Error('read');
    expect(a.letter()).toEqual(b.letter());
    expect(a.letter().id).toMatch(/^[0-9a-f]{32}$/);
    expect(a.letter().excerpt).toBe('{"apikey":"<9>","<1>":"<8165>…');
    expect(a.letter().bytes).toBe(line.length);
    const garbage = readEntry(Buffer.from('{"'.repeat(100_000)));
    if (garbage.kind === 'pass') throw new Error('read');
    expect(Buffer.byteLength(garbage.letter().excerpt)).toBeLessThanOrEqual(2_048);
  });

  it('numbers may be text, and latencies lose the noise of floating point', () => {
    const event = eventOf(
      anEntry((e) => {
        e['started_at'] = '1795366652428.7';
        e['latencies'] = { request: '57.000000000000007', kong: 1.23456, proxy: '-1' };
        e.response['status'] = '404';
        e.request['size'] = '123';
      }),
    );
    expect(event).toMatchObject({
      startedAt: 1_795_366_652_428,
      latencyTotalMs: 57,
      latencyKongMs: 1.235,
      latencyUpstreamMs: -1,
    });
    expect(event).toMatchObject({ status: 404, requestBytes: 123 });
  });

  it('numbers that JSON can write but no store can take are unknown', () => {
    const text = JSON.stringify(anEntry())
      .replace(/"size":\d+/g, '"size":1e999')
      .replace(/"status":\d+/, '"status":1e999');
    const event = eventOf(Buffer.from(text));
    expect(event).toMatchObject({ requestBytes: -1, responseBytes: -1, status: -1 });
    expect(encodeEvent(event)).not.toContain('null');
  });

  it('tries may be a Lua empty table, and without `source` who answered is derived', () => {
    const old = (change: (e: LooseEntry) => void) =>
      eventOf(
        anEntry((e) => {
          delete e['source'];
          change(e);
        }),
      );
    expect(old((e) => void (e['tries'] = {})).tries).toBe(0);
    expect(old(() => undefined)).toMatchObject({ answeredBy: 'upstream', refusal: '' });
    expect(
      old((e) => {
        e['tries'] = {};
        e['latencies'] = { proxy: -1, kong: 1, request: 1 };
        e.response['status'] = 429;
      }),
    ).toMatchObject({ answeredBy: 'kong', refusal: 'rate-limited' });
    expect(
      old((e) => {
        e['tries'] = [{ state: 'failed' }, { state: 'failed' }];
        e.response['status'] = 502;
      }),
    ).toMatchObject({ answeredBy: 'kong', refusal: 'upstream-unreachable', tries: 2 });
  });

  it('a consumer is who Kong says, never what headers say', () => {
    const event = eventOf(
      anEntry((e) => {
        delete e['consumer'];
        delete e['authenticated_entity'];
        e.request.headers['x-consumer-username'] = 'admin';
        e.request.headers['x-consumer-id'] = 'f80fa696-f3ef-4560-a3a6-4ce6fd04e0da';
      }),
    );
    expect(event).toMatchObject({ consumerId: '', consumerName: '', credentialId: '' });
  });

  it('a consumer may have a custom id only, and the session plugin names it elsewhere', () => {
    const custom = eventOf(anEntry((e) => void (e['consumer'] = { id: 'c-1', custom_id: 'ext-7' })));
    expect(custom).toMatchObject({ consumerId: 'c-1', consumerName: '', consumerCustomId: 'ext-7', consumerTags: [] });
    const session = eventOf(
      anEntry((e) => {
        delete e['consumer'];
        e['authenticated_entity'] = { id: 'f80fa696-f3ef-4560-a3a6-4ce6fd04e0db', consumer_id: 'c-2' };
      }),
    );
    expect(session.consumerId).toBe('c-2');
  });

  it('a credential id that is itself a secret is kept as a keyed hash', () => {
    const event = eventOf(
      anEntry((e) => void (e['authenticated_entity'] = { id: 'ldap_auth_cache:1700:alice:hunter2' })),
    );
    expect(event.credentialId).toMatch(/^keyed:[0-9a-f]{32}$/);
    const again = eventOf(
      anEntry((e) => void (e['authenticated_entity'] = { id: 'ldap_auth_cache:1700:alice:hunter2' })),
    );
    expect(again.credentialId).toBe(event.credentialId);
  });

  it('any field may be of any type', () => {
    const kinds: unknown[] = [
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'text',
      [],
      [null, 'a'],
      {},
      { id: [] },
      { __proto__: { id: 1 } },
    ];
    const paths = [
      ['client_ip'], ['request', 'method'], ['request', 'uri'], ['request', 'url'], ['request', 'headers'], ['request', 'querystring'],
      ['request', 'id'], ['request', 'size'], ['request', 'tls'], ['response'], ['response', 'status'], ['response', 'headers'],
      ['upstream_uri'], ['upstream_status'], ['source'], ['latencies'], ['latencies', 'proxy'], ['tries'], ['consumer'],
      ['consumer', 'id'], ['consumer', 'tags'], ['authenticated_entity'], ['authenticated_entity', 'id'], ['route'], ['service'],
      ['route', 'id'], ['service', 'name'], ['workspace'], ['session'],
    ]; // prettier-ignore
    for (const path of paths)
      for (const value of kinds) {
        const event = eventOf(
          anEntry((e) => {
            const parent = path.length === 2 ? (e[path[0] as string] as Record<string, unknown>) : e;
            parent[path.at(-1) as string] = value;
          }),
        );
        expect(ApiEvent.safeParse(event).success).toBe(true);
        expect(encodeEvent(event)).not.toMatch(/null|undefined/);
      }
  });

  it('keys such as __proto__ and constructor are data', () => {
    const text = JSON.stringify(anEntry()).replace(
      '"headers":{',
      '"headers":{"__proto__":{"apikey":"x"},"constructor":"y","toString":["z"],',
    );
    expect(eventOf(Buffer.from(text)).consumerName).toBe('alice');
    expect(({} as Record<string, unknown>)['apikey']).toBeUndefined();
    const context = aContext({ keyNames: ['constructor', '__proto__', 'hasOwnProperty'] });
    expect(eventOf(anEntry(), context).consumerName).toBe('alice');
  });

  it('invalid UTF-8 and lone surrogates become replacement characters, and the row stays valid Unicode', () => {
    const [before, after] = JSON.stringify(anEntry((e) => void (e.request['uri'] = '/a/HERE/b'))).split('HERE');
    const raw = Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff, 0xfe]), Buffer.from(after ?? '')]);
    expect(eventOf(raw).path).toBe('/a/\ufffd\ufffd/b');
    const row = encodeEvent(
      eventOf(anEntry((e) => void (e['consumer'] = { id: 'x', username: 'a\ud800b\udc00\udc01\\ud800' }))),
    );
    expect(row).toContain('a\ufffdb\ufffd\ufffd\\\\ud800');
    expect(JSON.parse(row)).toContain('a\ufffdb\ufffd\ufffd\\ud800');
  });

  it('header values may be lists', () => {
    const event = eventOf(
      anEntry((e) => {
        e.request.headers['user-agent'] = ['first/1', 'second/2'];
        e.request.headers['content-type'] = ['Application/JSON; charset=utf-8', 'x/y'];
        e.request.headers['host'] = ['A.example:8443', 'b'];
      }),
    );
    expect(event).toMatchObject({ userAgent: 'first/1', requestContentType: 'application/json', host: 'a.example' });
  });

  it('a request id that is none is replaced by the hash of the line', () => {
    const one = eventOf(anEntry((e) => void (e.request['id'] = 'x')));
    const other = eventOf(anEntry((e) => void (e.request['id'] = 'y')));
    expect([one.hasRequestId, other.hasRequestId]).toEqual([false, false]);
    expect(one.id).not.toBe(other.id);
  });

  it('an entry lost its URI: path and query come from what is left', () => {
    const event = eventOf(
      anEntry((e) => {
        e.request['uri'] = '';
        e.request['querystring'] = { a: '1', b: ['x', true], c: true, apikey: 'alice-key' };
      }),
    );
    expect(event).toMatchObject({ path: '', query: 'a=int:1&b=word:1&b=empty:0&c=empty:0&apikey=secret:9' });
    expect(eventOf(anEntry((e) => void delete e.request['uri'])).path).toBe('/api/orders/42');
  });

  it('one credential has one fingerprint, whichever way it came, and none without one', () => {
    const inHeader = eventOf(anEntry((e) => void (e.request.headers = { apikey: 'k-1' })));
    const inList = eventOf(anEntry((e) => void (e.request.headers = { 'x-api-key': ['k-1', 'k-2'] })));
    const inQuery = eventOf(
      anEntry((e) => {
        e.request.headers = {};
        e.request['uri'] = '/x?a=1&api_key=k-1';
      }),
    );
    const bearer = eventOf(anEntry((e) => void (e.request.headers = { authorization: 'Bearer k-1' })));
    const cookie = eventOf(anEntry((e) => void (e.request.headers = { cookie: 'theme=dark; session=k-1' })));
    const redacted = eventOf(anEntry((e) => void (e.request.headers = { authorization: 'REDACTED' })));
    expect(inHeader.credentialFingerprint).toMatch(/^[0-9a-f]{16}$/);
    for (const event of [inList, inQuery, bearer, cookie])
      expect(event.credentialFingerprint).toBe(inHeader.credentialFingerprint);
    expect(redacted.credentialFingerprint).toBe('');
  });

  it('an entry parsed elsewhere gives the same event', () => {
    const reader = aReader();
    const read = (entry: unknown) => reader.readObject(entry, aContext(), RECEIVED_AT, 'http');
    expect(read(anEntry())).toEqual({ kind: 'pass', event: eventOf(anEntry()) });
    const old = anEntry((e) => void delete e.request['id']);
    expect(read(old)).toEqual({ kind: 'pass', event: eventOf(old) });
    for (const bad of [undefined, null, [], 'text', {}]) expect(read(bad).kind).toBe('dead-letter');
  });
});
