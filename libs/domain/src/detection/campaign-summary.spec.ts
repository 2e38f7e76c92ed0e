import { describe, expect, test } from '@jest/globals';
import { BuiltinAlertType, type AlertType } from './alert.ts';
import { familyOf } from './alert-family.ts';
import { byCampaign, Campaign, summarize } from './campaign-summary.ts';
import { anAlert } from './testing.ts';

const bot = { kind: 'consumer', id: 'b', name: 'billing-bot' } as const;
const campaignId = '00000000-0000-4000-8000-0000000000cc';
const of = (overrides: Parameters<typeof anAlert>[0] = {}) => anAlert({ campaignId, entity: bot, ...overrides });

describe('a campaign as people see it', () => {
  test('says what happened to whom, and is a valid campaign', () => {
    const types: AlertType[] = ['object-enumeration', 'scraping', 'data-exfiltration'];
    const campaign = summarize(types.map((type) => of({ type })));
    expect(campaign.title).toBe('3 detectors on consumer billing-bot: data-exfiltration, object-enumeration, scraping');
    expect(Campaign.parse(campaign)).toEqual(campaign);
    expect(summarize([of({ type: 'rule:night-export' })]).title).toBe('rule:night-export on consumer billing-bot');
  });

  test('names the network when all its addresses are of one', () => {
    const from = (...ids: string[]) => ids.map((id) => of({ type: 'scraping', entity: { kind: 'ip', id, name: id } }));
    expect(summarize(from('192.0.2.1', '192.0.2.7')).title).toBe('scraping on 2 addresses of 192.0.2.0/24');
    expect(summarize(from('192.0.2.1', '192.0.3.7')).title).toBe('scraping on address 192.0.2.1 and 1 more');
  });

  test('names at most four detectors, the most frequent first', () => {
    const types: AlertType[] = ['scraping', 'off-hours', 'automation', 'new-client', 'new-origin', 'scraping'];
    expect(summarize(types.map((type) => of({ type }))).title).toBe(
      '5 detectors on consumer billing-bot: scraping, automation, new-client, new-origin and 1 more',
    );
  });

  test.each([
    [['object-enumeration', 'scraping', 'brute-force'], 'high', 'critical'],
    [['object-enumeration', 'scraping', 'brute-force'], 'critical', 'critical'],
    [['scraping', 'data-exfiltration', 'slow-exfiltration', 'brute-force'], 'high', 'high'],
    [['rule:a', 'rule:b', 'scraping'], 'low', 'low'],
  ] as const)('%j of at most %s is %s', (types, severity, expected) => {
    const [first, ...others] = types;
    const alerts = [of({ type: first, severity }), ...others.map((type) => of({ type, severity: 'info' }))];
    expect(summarize(alerts).severity).toBe(expected);
  });

  test('is no graver by what is simulated, unless all of it is', () => {
    const trial = of({ severity: 'critical', simulated: true });
    expect(summarize([trial, of({ severity: 'low' })])).toMatchObject({ severity: 'low', simulated: false });
    expect(summarize([trial])).toMatchObject({ severity: 'critical', simulated: true });
  });

  test.each([
    [['resolved', 'open', 'acknowledged'], 'open'],
    [['resolved', 'acknowledged'], 'acknowledged'],
    [['resolved', 'resolved'], 'resolved'],
  ] as const)('with alerts that are %j is %s', (states, expected) => {
    expect(summarize(states.map((state) => of({ state }))).state).toBe(expected);
  });

  test('spans its alerts, and shows each entity once', () => {
    const ip = { kind: 'ip', id: '192.0.2.1', name: '192.0.2.1' } as const;
    const alerts = [of({ firstSeenAt: 5, lastSeenAt: 9 }), of({ firstSeenAt: 2, lastSeenAt: 4 }), of({ entity: ip })];
    expect(summarize(alerts.slice(0, 2))).toMatchObject({ firstSeenAt: 2, lastSeenAt: 9, alerts: 2 });
    expect(summarize(alerts).entities).toEqual([bot, ip]);
  });
});

test('every type of alert has a family', () => {
  for (const type of BuiltinAlertType.options) expect([type, typeof familyOf(type)]).toEqual([type, 'string']);
  expect(familyOf('rule:x')).toBe('rule');
});

test('alerts are put together by campaign in the order of the first', () => {
  const [a, b, c] = [of(), anAlert(), of()];
  expect(byCampaign([a, b, c])).toEqual([[a, c], [b]]);
});
