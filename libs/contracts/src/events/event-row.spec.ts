import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnsweredBy, ApiEvent, NetworkKind, Refusal } from '@outrider/domain/traffic/api-event';
import {
  completeRow,
  decodeColumns,
  decodeRows,
  encodeEvent,
  EVENT_COLUMNS,
  readMessage,
  splitRows,
  STORED_COLUMNS,
} from './event-row.ts';

const text = fc.string({ unit: 'grapheme' });
const integer = fc.integer({ min: -1, max: 2 ** 48 });
const latency = fc.integer({ min: -1, max: 10_000_000 }).map((us) => us / 1_000);
const anyEvent: fc.Arbitrary<ApiEvent> = fc.record({
  tenant: text, gateway: text, id: text, hasRequestId: fc.boolean(), kind: fc.constantFrom('http' as const, 'stream' as const),
  startedAt: integer, receivedAt: integer, consumerId: text, consumerName: text, consumerCustomId: text, consumerTags: fc.array(text),
  credentialId: text, credentialFingerprint: text, clientIp: text, method: text, host: text, path: text, pathTemplate: text, query: text,
  status: integer, answeredBy: fc.constantFrom(...AnsweredBy.options), refusal: fc.constantFrom(...Refusal.options), requestBytes: integer,
  responseBytes: integer, latencyTotalMs: latency, latencyKongMs: latency, latencyUpstreamMs: latency, tries: integer, serviceId: text,
  serviceName: text, routeId: text, routeName: text, userAgent: text, requestContentType: text, responseContentType: text, tlsVersion: text,
  attacks: text, dataClasses: text, clientFingerprint: text, forwardedFor: text, methodOverride: text, rateLimit: integer,
  rateRemaining: integer, country: text, asn: integer, network: fc.constantFrom(...NetworkKind.options), location: text, threat: text,
  ruleMatches: text, upstream: text,
}); // prettier-ignore

describe('event rows', () => {
  it('bring back every event as it was, many in one message', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 5 }), (events) => {
        const message = Buffer.from(events.map(encodeEvent).join('\n'));
        const rows = splitRows(message);
        expect(rows).toHaveLength(events.length);
        expect(decodeRows(rows)).toEqual(events);
        for (const event of decodeRows(rows)) ApiEvent.parse(event);
      }),
    );
  });

  it('have one column for each field of the event, in the order of EVENT_COLUMNS', () => {
    const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    expect([...EVENT_COLUMNS]).toEqual(Object.keys(ApiEvent.shape).map(snake));
    expect(STORED_COLUMNS.length).toBe(EVENT_COLUMNS.length + 2);
  });

  it('are one line of valid Unicode, whatever is in them', () => {
    fc.assert(
      fc.property(
        anyEvent,
        fc.string({ unit: 'binary' }),
        fc.array(fc.integer({ min: 0, max: 0xffff })),
        (event, odd, units) => {
          const path = `${odd}\\ud800\\\\${String.fromCharCode(...units)}\ud800\udbff`;
          const row = encodeEvent({ ...event, path });
          expect(row).not.toContain('\n');
          const wellFormed = Buffer.from(path).toString('utf8');
          expect(decodeRows([row])[0]?.path).toBe(wellFormed);
        },
      ),
    );
  });

  it('are completed with position and echo as the last two columns', () => {
    const [event] = fc.sample(anyEvent, 1);
    if (!event) throw new Error('no sample');
    const stored = JSON.parse(completeRow(encodeEvent(event), 42, true)) as unknown[];
    expect(stored).toHaveLength(STORED_COLUMNS.length);
    expect(stored.slice(-2)).toEqual([42, 1]);
  });

  it('of an older collector are read and stored as if it had found nothing', () => {
    const [event] = fc.sample(anyEvent, 1);
    if (!event) throw new Error('no sample');
    const old = JSON.stringify(
      (JSON.parse(encodeEvent(event)) as unknown[]).slice(0, EVENT_COLUMNS.indexOf('attacks')),
    );
    const { rows, events } = readMessage(Buffer.from([old, encodeEvent(event)].join('\n')));
    expect(events[0]).toMatchObject({ tenant: event.tenant, attacks: '', rateLimit: -1, asn: 0, ruleMatches: '' });
    expect(events[1]).toEqual(event);
    expect(JSON.parse(completeRow(rows[0] ?? '', 1, false))).toHaveLength(STORED_COLUMNS.length);
    expect(rows[1]).toBe(encodeEvent(event));
  });

  it('of a collector of any version between keep what it wrote, and say nothing of the rest', () => {
    const [event] = fc.sample(anyEvent, 1);
    if (!event) throw new Error('no sample');
    const columns = JSON.parse(encodeEvent(event)) as unknown[];
    const unknown = { upstream: '', ruleMatches: '', threat: '', location: '' };
    const told = { upstream: event.upstream, ruleMatches: event.ruleMatches, threat: event.threat };
    const names = Object.keys(told) as (keyof typeof told)[];
    for (let missing = 1; missing <= names.length; missing++) {
      const { rows, events } = readMessage(Buffer.from(JSON.stringify(columns.slice(0, -missing))));
      const gone = Object.fromEntries(names.slice(0, missing).map((name) => [name, unknown[name]]));
      expect(events[0]).toEqual({ ...event, ...gone });
      expect(JSON.parse(completeRow(rows[0] ?? '', 1, false))).toHaveLength(STORED_COLUMNS.length);
    }
  });

  it('of another version are an error, not a wrong event', () => {
    expect(() => decodeColumns(['a'])).toThrow(RangeError);
    expect(() => decodeRows(['[1,2'])).toThrow(SyntaxError);
  });
});
