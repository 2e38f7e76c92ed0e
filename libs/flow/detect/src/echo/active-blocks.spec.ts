import { describe, expect, it } from '@jest/globals';
import { anEnforcement } from '@outrider/domain/response/testing';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { ActiveBlocks } from './active-blocks.ts';

const CREATED = 1_767_225_600_000;
const ALICE = '11111111-1111-4111-8111-111111111111';
const IP = '198.51.100.10';

const aRecord = (overrides: Parameters<typeof anEnforcement>[0] = {}): EnforcementRecord => ({
  ...anEnforcement({
    state: 'effective',
    entity: { kind: 'consumer', id: ALICE, name: 'alice' },
    createdAt: CREATED,
    appliedAt: CREATED + 500,
    ...overrides,
  }),
  saved: null,
  revision: 1,
});
const BLOCK = { kind: 'block-consumer', durationSeconds: 600 } as const;
const TEAPOT = { ...BLOCK, status: 418 } as const;
const LIMIT = { kind: 'rate-limit-consumer', durationSeconds: 600, limits: { minute: 10 } } as const;
const ADDRESS = { kind: 'block-address', durationSeconds: 600 } as const;
const ip = (id: string) => ({ kind: 'ip', id, name: id }) as const;

/** An answer that Kong itself gave alice a second after the enforcement was made. */
const refusal = (status: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({
    startedAt: CREATED + 1_000,
    clientIp: IP,
    status,
    answeredBy: 'kong',
    refusal: 'forbidden',
    tries: 0,
    ...overrides,
  });
const blocksOf = (...records: EnforcementRecord[]): ActiveBlocks => {
  const blocks = new ActiveBlocks();
  blocks.refresh(records, CREATED);
  return blocks;
};

describe('block echo', () => {
  const kinds = {
    block: aRecord({ action: BLOCK }),
    'block with 418': aRecord({ action: TEAPOT }),
    limit: aRecord({ action: LIMIT }),
    address: aRecord({ action: ADDRESS, entity: ip(IP) }),
    network: aRecord({ action: ADDRESS, entity: ip('198.51.100.0/24') }),
    'network of IPv6': aRecord({ action: ADDRESS, entity: ip('2001:db8::/32') }),
  };

  it.each<[keyof typeof kinds, string, ApiEvent, boolean]>([
    ['block', 'its consumer, its status', refusal(403), true],
    ['block', 'its consumer from another address', refusal(403, { clientIp: '203.0.113.1' }), true],
    ['block', 'another status', refusal(401), false],
    ['block', 'the limit of another plugin', refusal(429), false],
    ['block', 'another consumer', refusal(403, { consumerId: 'somebody-else' }), false],
    ['block', 'nobody', anAnonymousEvent({ ...refusal(403), consumerId: '', credentialId: '' }), false],
    ['block', 'the upstream’s own 403', refusal(403, { answeredBy: 'upstream', refusal: '', tries: 1 }), false],
    ['block', 'the same, where Kong tells no tries', refusal(403, { answeredBy: 'upstream', refusal: '' }), false],
    ['block', 'a 403 after Kong had tried the upstream', refusal(403, { tries: 1 }), false],
    ['block', 'a request that passed', refusal(200, { answeredBy: 'upstream', refusal: '', tries: 1 }), false],
    ['block', 'another tenant’s consumer of the same id', refusal(403, { tenant: 'other' }), false],
    ['block', 'the same consumer id on another gateway', refusal(403, { gateway: 'other' }), false],
    ['block with 418', 'the configured status', refusal(418), true],
    ['block with 418', 'the usual status', refusal(403), false],
    ['limit', 'too many requests', refusal(429, { refusal: 'rate-limited' }), true],
    ['limit', 'a refusal of the acl', refusal(403), false],
    ['limit', 'another consumer’s', refusal(429, { consumerId: 'somebody-else' }), false],
    ['address', 'anonymous from there', anAnonymousEvent({ ...refusal(403), consumerId: '', credentialId: '' }), true],
    ['address', 'a consumer from there', refusal(403), true],
    ['address', 'a consumer from elsewhere', refusal(403, { clientIp: '198.51.100.11' }), false],
    ['address', 'a failed key from there', refusal(401), false],
    ['address', 'another tenant’s', refusal(403, { tenant: 'other' }), false],
    ['network', 'an address within', refusal(403, { clientIp: '198.51.100.255' }), true],
    ['network', 'an address outside', refusal(403, { clientIp: '198.51.101.1' }), false],
    ['network', 'an address within, for another gateway', refusal(403, { gateway: 'other' }), false],
    ['network of IPv6', 'an address within', refusal(403, { clientIp: '2001:db8:1::1' }), true],
    ['network of IPv6', 'an address outside', refusal(403, { clientIp: '2001:db9::1' }), false],
    ['network of IPv6', 'an address of the other family', refusal(403), false],
  ])('%s: %s', (kind, _what, event, echo) => {
    expect(blocksOf(kinds[kind]).echoOf(event)).toBe(echo ? kinds[kind].id : undefined);
  });

  it('is told apart when several enforcements act on one caller', () => {
    const { block, limit, address } = kinds;
    const blocks = blocksOf(block, limit, address);
    expect(blocks.echoOf(refusal(429))).toBe(limit.id);
    expect(blocks.echoOf(refusal(403))).toBe(block.id);
    expect(blocks.echoOf(refusal(403, { consumerId: '' }))).toBe(address.id);
  });

  it('begins with the enforcement, but for a little difference between clocks', () => {
    const blocks = blocksOf(kinds.block);
    expect(blocks.echoOf(refusal(403, { startedAt: CREATED - 2_000 }))).toBe(kinds.block.id);
    expect(blocks.echoOf(refusal(403, { startedAt: CREATED - 2_001 }))).toBeUndefined();
  });

  it('lasts as long as the enforcement is in force, past its planned end too, since lifting may wait for Kong', () => {
    const late = aRecord({ state: 'lifting', endsAt: CREATED + 60_000 });
    expect(blocksOf(late).echoOf(refusal(403, { startedAt: CREATED + 3_600_000 }))).toBe(late.id);
  });

  it('ends with it: refusals that begin more than 15 s later are somebody else’s, those before are ours for ten minutes', () => {
    const blocks = blocksOf(kinds.block);
    const gone = CREATED + 60_000;
    blocks.refresh([], gone);
    expect(blocks.size).toBe(0);
    const at = (startedAt: number) => blocks.echoOf(refusal(403, { startedAt }));
    expect([at(gone), at(gone + 15_000), at(gone + 15_001)]).toEqual([kinds.block.id, kinds.block.id, undefined]);
    blocks.refresh([], gone + 600_000);
    expect([at(gone), at(gone + 15_001)]).toEqual([kinds.block.id, undefined]);
    blocks.refresh([], gone + 600_001);
    expect(at(gone)).toBeUndefined();
  });

  it('ends for a network too', () => {
    const blocks = blocksOf(kinds.network);
    blocks.refresh([], CREATED + 60_000);
    expect(blocks.echoOf(refusal(403, { startedAt: CREATED + 60_000 }))).toBe(kinds.network.id);
    blocks.refresh([], CREATED + 660_001);
    expect(blocks.echoOf(refusal(403, { startedAt: CREATED + 60_000 }))).toBeUndefined();
  });
});

describe('the first refusal seen', () => {
  it('is told once for each enforcement, whatever refreshes come between', () => {
    const one = aRecord({ state: 'applied' });
    const two = aRecord({ state: 'applied', tenant: 'other' });
    const blocks = blocksOf(one, two);
    expect(blocks.firstSeen(one.id)).toEqual(one);
    expect(blocks.firstSeen(one.id)).toBeUndefined();
    blocks.refresh([{ ...one, revision: 2 }, two], CREATED + 2_000);
    expect(blocks.firstSeen(one.id)).toBeUndefined();
    expect(blocks.firstSeen(two.id)).toEqual(two);
  });

  it('is told of one that counts as effective only by the time that has passed, not of one that was seen to be', () => {
    const passed = aRecord({ effectiveBy: 'propagation' });
    const seen = aRecord({ effectiveBy: 'refusal-seen' });
    const blocks = blocksOf(passed, seen);
    expect([blocks.firstSeen(passed.id), blocks.firstSeen(seen.id)]).toEqual([passed, undefined]);
  });

  it('is told again when telling did not work, and never of one that is over', () => {
    const record = aRecord({ state: 'applied' });
    const blocks = blocksOf(record);
    blocks.firstSeen(record.id);
    blocks.forgetSeen(record.id);
    expect(blocks.firstSeen(record.id)).toEqual(record);
    blocks.forgetSeen(record.id);
    blocks.refresh([], CREATED + 2_000);
    expect(blocks.firstSeen(record.id)).toBeUndefined();
  });
});
