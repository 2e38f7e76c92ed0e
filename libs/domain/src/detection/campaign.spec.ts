import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Alert } from './alert.ts';
import { CampaignIndex } from './campaign.ts';
import { CAMPAIGN_GAP_MS, belongTogether, linkKeysOf, participantsOf, traceOf } from './campaign-link.ts';
import { anAlert } from './testing.ts';

const AT = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const consumer = (id: string) => ({ kind: 'consumer', id, name: id }) as const;
const ip = (id: string) => ({ kind: 'ip', id, name: id }) as const;
const orders = { kind: 'service', id: 's-orders', name: 'orders' } as const;
const scope = (...services: string[]) => ({ services, routes: [], endpoints: [], tags: [] });
const by = (...entities: Alert['entity'][]) => entities.map((entity) => ({ entity, count: 1 }));

/** An alert that was seen for a minute from `minutes` after the start, opened then. */
const at = (minutes: number, overrides: Parameters<typeof anAlert>[0] = {}): Alert =>
  anAlert({
    firstSeenAt: AT + minutes * MINUTE_MS,
    lastSeenAt: AT + (minutes + 1) * MINUTE_MS,
    openedAt: AT + (minutes + 1) * MINUTE_MS,
    entity: consumer('bot'),
    ...overrides,
  });

describe('two alerts belong together', () => {
  const linked = (a: Alert, b: Alert): boolean => {
    const both = [belongTogether(traceOf(a), traceOf(b)), belongTogether(traceOf(b), traceOf(a))];
    expect(both[0]).toBe(both[1]);
    return both[0] === true;
  };
  const many = [ip('1'), ip('2'), ip('3'), ip('4'), ip('5'), ip('6')];

  test('when they are about the same caller and at most half an hour apart', () => {
    expect(linked(at(0), at(31, { type: 'scraping' }))).toBe(true);
    expect(linked(at(0), at(32, { type: 'scraping' }))).toBe(false);
    expect(linked(at(0), at(0, { entity: consumer('other') }))).toBe(false);
    expect(linked(at(0), at(0, { entity: { ...consumer('bot'), kind: 'credential' } }))).toBe(false);
    expect(linked(at(0), at(0, { tenant: 'other' }))).toBe(false);
  });

  test('when one is about a caller that is among the contributors of the other', () => {
    expect(linked(at(0), at(5, { entity: ip('9'), contributors: by(consumer('bot')) }))).toBe(true);
    expect(linked(at(0), at(5, { entity: ip('9'), contributors: by(consumer('else')) }))).toBe(false);
  });

  test('but not by a contributor that both have: an address of a company is in everything', () => {
    const behind = (name: string) => at(0, { entity: consumer(name), contributors: by(ip('nat'), ip('nat2')) });
    expect(linked(behind('a'), behind('b'))).toBe(false);
  });

  test.each([
    [3, 3, true],
    [3, 6, true],
    [2, 2, false],
    [3, 0, false],
  ] as const)('by %d common contributors of %d in the smaller list: %s', (common, size, expected) => {
    const a = at(0, { entity: consumer('a'), contributors: by(...many) });
    const others = Array.from({ length: Math.max(0, size - common) }, (_, i) => ip(`x${i}`));
    const b = at(0, { entity: consumer('b'), contributors: by(...many.slice(0, size === 0 ? 0 : common), ...others) });
    expect(linked(a, b)).toBe(expected);
  });

  test('when neighbouring addresses do the same at the same time', () => {
    const from = (address: string, minutes = 0, type: Alert['type'] = 'brute-force') =>
      at(minutes, { type, entity: ip(address) });
    expect(linked(from('203.0.113.7'), from('203.0.113.200'))).toBe(true);
    expect(linked(from('2001:db8:1::7'), from('2001:db8:1:ff::1'))).toBe(true);
    expect(linked(from('203.0.113.7'), from('203.0.113.8', 2))).toBe(true);
  });

  test.each([
    ['another network', { entity: ip('203.0.114.8') }],
    ['another network of IPv6', { entity: ip('2001:db8::8') }],
    ['something else', { entity: ip('203.0.113.8'), type: 'scraping' }],
    ['another tenant', { entity: ip('203.0.113.8'), tenant: 'other' }],
    [
      'one after the other',
      { entity: ip('203.0.113.8'), firstSeenAt: AT + 3 * MINUTE_MS, lastSeenAt: AT + 9 * MINUTE_MS },
    ],
    ['no address', { entity: consumer('203.0.113.8') }],
  ] as const)('but neighbours are strangers by %s', (_, other) => {
    const one = at(0, { type: 'brute-force', entity: ip('203.0.113.7') });
    expect(linked(one, at(0, { type: 'brute-force', ...other }))).toBe(false);
  });

  test('and the customers of one carrier are not one story because each of them was seen elsewhere', () => {
    const seen = (address: string) => at(0, { type: 'new-origin', entity: ip(address) });
    expect(linked(seen('203.0.113.7'), seen('203.0.113.8'))).toBe(false);
  });

  test('a service brings nobody together, unless the alert is about all its callers and on the same service', () => {
    const outage = at(0, { type: 'error-spike', entity: orders, scope: scope(), contributors: by(consumer('bot')) });
    expect(linked(outage, at(0, { scope: scope('orders') }))).toBe(true);
    expect(linked(outage, at(0, { scope: scope('billing') }))).toBe(false);
    expect(linked({ ...outage, type: 'zombie-endpoint' }, at(0, { scope: scope('orders') }))).toBe(false);
    expect(linked(outage, at(0, { type: 'zombie-endpoint', entity: orders, contributors: [] }))).toBe(false);
  });
});

describe('campaigns', () => {
  test('an alert alone is a campaign of its own; a further one of the same caller is in the first one’s', () => {
    const index = new CampaignIndex();
    const [first, second, other] = [at(0), at(5, { type: 'scraping' }), at(5, { entity: consumer('else') })];
    expect(index.campaignOf(first)).toEqual({ id: first.id, joined: [] });
    expect(index.campaignOf(second)).toEqual({ id: first.id, joined: [] });
    expect(index.campaignOf(other)).toEqual({ id: other.id, joined: [] });
  });

  test('one that links two of them makes the older absorb the younger, and says which id changes', () => {
    const index = new CampaignIndex();
    const [young, old] = [at(5, { entity: consumer('b') }), at(0, { entity: consumer('a') })];
    index.campaignOf(young);
    index.campaignOf(old);
    const bridge = at(8, { entity: ip('9'), contributors: by(consumer('a'), consumer('b')) });
    expect(index.campaignOf(bridge)).toEqual({ id: old.id, joined: [young.id] });
    expect([young, old, bridge].map(({ id }) => index.idOf(id))).toEqual([old.id, old.id, old.id]);
  });

  test('an alert that grows towards another one joins it', () => {
    const index = new CampaignIndex();
    const [a, b] = [at(0, { entity: consumer('a') }), at(5, { entity: ip('9') })];
    index.campaignOf(a);
    index.campaignOf(b);
    const grown = { ...b, contributors: by(consumer('a')) };
    expect(index.campaignOf(grown)).toEqual({ id: a.id, joined: [b.id] });
    expect(index.campaignOf(grown)).toEqual({ id: a.id, joined: [] });
  });

  test('a simulated alert is shown with a story and makes no two of them one', () => {
    const index = new CampaignIndex();
    const [a, b] = [at(0, { entity: consumer('a') }), at(1, { entity: consumer('b') })];
    index.campaignOf(a);
    index.campaignOf(b);
    const trial = at(2, { entity: ip('9'), contributors: by(consumer('a'), consumer('b')), simulated: true });
    expect(index.campaignOf(trial)).toEqual({ id: a.id, joined: [] });
    expect(index.campaignOf(at(3, { entity: ip('9') })).id).not.toBe(a.id);
    expect(index.idOf(b.id)).toBe(b.id);
    // It becomes real, and with it what it connects.
    expect(index.campaignOf({ ...trial, simulated: false, campaignId: a.id }).joined).toContain(b.id);
  });

  test('simulated alerts alone are one story, which a real one takes with it', () => {
    const index = new CampaignIndex();
    const trials = [at(0, { simulated: true }), at(1, { simulated: true, type: 'scraping' })];
    const [first] = trials.map((alert) => index.campaignOf(alert).id);
    expect(index.campaignOf(at(2, { type: 'brute-force' }))).toEqual({ id: first, joined: [] });
  });

  test('what is stored counts: an alert that another process moved takes its campaign along', () => {
    const index = new CampaignIndex();
    const [mine, theirs] = [at(3), at(0, { entity: consumer('else') })];
    index.campaignOf(mine);
    index.learn({ ...mine, campaignId: theirs.id });
    expect(index.campaignOf(at(4, { type: 'scraping' }))).toEqual({ id: theirs.id, joined: [] });
  });

  test('an alert that is not there after all leads nowhere', () => {
    const index = new CampaignIndex();
    const gone = at(0);
    index.campaignOf(gone);
    index.forget(gone.id);
    const next = at(1);
    expect(index.campaignOf(next)).toEqual({ id: next.id, joined: [] });
  });

  test('a whole network that does one thing is one of them, whatever else its addresses do', () => {
    const index = new CampaignIndex();
    const alerts = Array.from({ length: 200 }, (_, n) =>
      at(0, { type: n % 2 ? 'brute-force' : 'endpoint-probing', entity: ip(`203.0.113.${n}`) }),
    );
    for (const alert of alerts) index.campaignOf(alert);
    expect(new Set(alerts.map(({ id }) => index.idOf(id))).size).toBe(2);
    const both = index.campaignOf(at(0, { type: 'brute-force', entity: ip('203.0.113.0') }));
    expect(both).toEqual({ id: alerts[0]?.id, joined: [alerts[1]?.id] });
    for (const { id } of alerts) index.forget(id);
    expect(index.size).toBe(1);
  });

  test('memory is bounded: what was not heard of for longest goes', () => {
    const index = new CampaignIndex(100);
    const first = at(0, { entity: consumer('first') });
    index.campaignOf(first);
    for (let i = 0; i < 1_000; i++) {
      index.campaignOf(at(0, { entity: consumer(`c${i}`), contributors: by(ip(`${i}`)) }));
      if (i % 50 === 0) index.campaignOf(first);
    }
    expect(index.size).toBe(100);
    expect([index.idOf(first.id)]).toEqual([first.id]);
  });

  test('are the connected alerts, whatever order they come in, and the first one names them', () => {
    const alert = fc.record({
      minutes: fc.integer({ min: 0, max: 90 }),
      who: fc.integer({ min: 0, max: 5 }),
      others: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(alert, { minLength: 1, maxLength: 12 }), (specs) => {
        const alerts = specs.map(({ minutes, who, others }) =>
          at(minutes, { entity: consumer(`c${who}`), contributors: by(...others.map((n) => consumer(`c${n}`))) }),
        );
        const index = new CampaignIndex();
        const current = new Map<string, string>();
        for (const one of alerts) {
          const { id, joined } = index.campaignOf(one);
          for (const [key, campaign] of current) if (joined.includes(campaign)) current.set(key, id);
          current.set(one.id, id);
        }
        // What the answers told is where everything ends up.
        for (const one of alerts) expect(index.idOf(one.id)).toBe(current.get(one.id));
        for (const a of alerts) {
          const group = connected(a, alerts);
          const stories = new Set(group.map((b) => current.get(b.id)));
          expect([...stories]).toHaveLength(1);
          expect(group.map(({ id }) => id)).toContain(current.get(a.id));
        }
        expect(new Set(current.values()).size).toBe(new Set(alerts.map((a) => connected(a, alerts)[0]?.id)).size);
      }),
    );
  });
});

/** The alerts that lead to `from` by links, in the order of `all`. */
const connected = (from: Alert, all: readonly Alert[]): Alert[] => {
  const found = new Set([from]);
  for (const a of found) for (const b of all) if (!found.has(b) && belongTogether(traceOf(a), traceOf(b))) found.add(b);
  return all.filter((alert) => found.has(alert));
};

test('what alerts are searched by is their callers, not endpoints or services', () => {
  const contributors = by(ip('1'), { kind: 'endpoint', id: 'GET /x', name: 'GET /x' }, consumer('bot'));
  expect(participantsOf(at(0, { contributors }))).toEqual(['consumer:bot', 'ip:1']);
  expect(participantsOf(at(0, { entity: orders }))).toEqual([]);
  expect(linkKeysOf(at(0, { contributors }))).toEqual(['consumer:bot', 'ip:1']);
  const neighbour = at(0, { type: 'scraping', entity: ip('192.0.2.7'), contributors });
  expect(linkKeysOf(neighbour)).toEqual(['ip:192.0.2.7', 'ip:1', 'consumer:bot', 'near:scraping|192.0.2.0/24']);
  expect(CAMPAIGN_GAP_MS).toBe(30 * MINUTE_MS);
});
