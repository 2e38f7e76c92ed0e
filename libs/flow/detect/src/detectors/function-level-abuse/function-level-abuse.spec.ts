import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { at, consumer, DAY, findingsOf, HOUR, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { FUNCTION_LEVEL_ABUSE } from './function-level-abuse.definition.ts';

const admin = (who: number, page: string, startedAt: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
  at(startedAt, { ...consumer(who), routeId: 'admin', path: `/admin/${page}`, pathTemplate: `/admin/${page}`, ...overrides }); // prettier-ignore
/** Twelve consumers over four days; the first of them administers. */
const estate = Array.from({ length: 4 * 24 }, (_, hour) => [
  ...Array.from({ length: 12 }, (_unused, n) => at(START - 4 * DAY + hour * HOUR + n * 1_000, consumer(n))),
  admin(0, ['users', 'roles', 'audit'][hour % 3] ?? 'users', START - 4 * DAY + hour * HOUR + 30_000),
]).flat();
const found = (...events: ApiEvent[]) => findingsOf(FUNCTION_LEVEL_ABUSE, [...estate, ...events]);

describe('function-level-abuse', () => {
  it('tells three functions of administration that are refused to a consumer', () => {
    const [first] = found(
      ...['users', 'roles', 'audit'].map((page, i) => admin(5, page, START + i * 8_000, { status: 403 })),
    );
    expect(first).toMatchObject({ severity: 'medium', entity: { id: 'consumer-5' } });
  });

  it('lets somebody new administer to whom a few things are refused, and tells one to whom most are', () => {
    const pages = [
      'users',
      'roles',
      'audit',
      'jobs',
      'settings',
      'reports',
      'keys',
      'limits',
      'plans',
      'hosts',
      'tags',
    ];
    const visit = (refused: number) =>
      found(
        ...pages.map((page, i) =>
          admin(77, page, START + i * 20_000, { status: i % 4 === 1 && i / 4 < refused ? 403 : 200 }),
        ),
      );
    expect(visit(3)).toEqual([]);
    const tried = pages.map((page, i) => admin(77, page, START + i * 20_000, { status: i % 4 === 3 ? 200 : 403 }));
    expect(found(...tried)).not.toEqual([]);
  });

  it('tells one that is answered, as high', () => {
    expect(found(admin(5, 'users', START))[0]).toMatchObject({ severity: 'high' });
  });

  it.each(['admin-panel', 'adminApi', 'crm-admin'])(
    'knows %s for administration, and two administrators for few',
    (word) => {
      const page = (who: number, startedAt: number, status: number) =>
        admin(who, 'x', startedAt, { routeId: word, path: `/${word}/users`, pathTemplate: `/${word}/users`, status });
      const used = [0, 1].flatMap((who) => [3, 2, 1].map((days) => page(who, START - days * DAY, 200)));
      const events = [...estate, ...used].sort((a, b) => a.startedAt - b.startedAt);
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...events, page(5, START, 200)])[0]).toMatchObject({ severity: 'high' });
    },
  );

  it('tells three refusals of an area that two of twenty-four use, whatever it is called', () => {
    const more = estate.flatMap((event) => [event, { ...event, consumerId: `${event.consumerId}-b` }]);
    const area = (who: number, name: string, startedAt: number, status: number) =>
      at(startedAt, { ...consumer(who), routeId: 'ledger', path: `/ledger/${name}`, pathTemplate: `/ledger/${name}`, status }); // prettier-ignore
    const used = [0, 1].flatMap((who) => [3, 2, 1].map((days) => area(who, 'close', START - days * DAY, 200)));
    const events = [...more, ...used].sort((a, b) => a.startedAt - b.startedAt);
    const refused = ['close', 'reopen', 'void'].map((name, i) => area(5, name, START + i * 9_000, 403));
    expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...events, ...refused])[0]).toMatchObject({ severity: 'medium' });
  });

  it('tells a reader that is let delete what one other deletes, and no writer, newcomer or common deletion', () => {
    const remove = (who: number, startedAt: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
      at(startedAt, { ...consumer(who), method: 'DELETE', status: 204, path: `/users/${startedAt % 97}`, pathTemplate: '/users/{id}', ...overrides }); // prettier-ignore
    const usual = (deleters: number[]) =>
      deleters.flatMap((who) => [3, 2.5, 2, 1].map((days) => remove(who, START - days * DAY)));
    const inOrder = (...events: ApiEvent[]) =>
      findingsOf(
        FUNCTION_LEVEL_ABUSE,
        [...estate, ...events].sort((a, b) => a.startedAt - b.startedAt),
      );
    expect(inOrder(...usual([0]), remove(5, START))[0]).toMatchObject({
      severity: 'medium',
      entity: { id: 'consumer-5' },
    });
    expect(inOrder(...usual([0, 1, 2]), remove(5, START))).toEqual([]);
    expect(inOrder(...usual([0]), remove(5, START - 3 * DAY, { method: 'POST' }), remove(5, START))).toEqual([]);
    expect(inOrder(...usual([0]), remove(77, START))).toEqual([]);
    expect(inOrder(remove(5, START))).toEqual([]);
  });

  describe('a caller that never had privileges', () => {
    /** Two hours of twelve partners that share what they use; times from START. */
    const short = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 12 }, (_unused, n) => at(START + i * 3 * MINUTE + n * 900, consumer(n))),
    ).flat();
    const LATE = START + 110 * MINUTE;
    const use = (who: number, method: string, path: string, i: number, change: Partial<ApiEvent> = {}): ApiEvent =>
      at(LATE + i * 20_000, { ...consumer(who), method, path, pathTemplate: path.replace(/\d+/g, '{id}'), userAgent: 'acme/1.0', status: 200, ...change }); // prettier-ignore
    const uses = (calls: readonly (readonly [string, string])[], change: Partial<ApiEvent> = {}) =>
      calls.map(([method, path], i) => use(5, method, path, i, change));
    const inShort = (events: readonly ApiEvent[]) => findingsOf(FUNCTION_LEVEL_ABUSE, [...short, ...events]);
    const inLong = (events: readonly ApiEvent[]) => {
      const moved = events.map((event) => ({ ...event, startedAt: event.startedAt - LATE + START }));
      return findingsOf(FUNCTION_LEVEL_ABUSE, [...estate, ...moved]);
    };
    const ADMIN = [['GET', '/v2/admin/users/4'], ['DELETE', '/v2/admin/users/5']] as const; // prettier-ignore
    const REMOVALS = [['DELETE', '/users/11'], ['DELETE', '/users/12'], ['DELETE', '/users/13']] as const; // prettier-ignore
    const DECISIONS = [['POST', '/orders/3/refund'], ['POST', '/orders/4/approve'], ['PUT', '/users/8/roles']] as const; // prettier-ignore

    it.each([
      ['administers', ADMIN],
      ['removes three accounts', REMOVALS],
      ['refunds, approves and gives rights', DECISIONS],
    ])('is told when it %s, in two hours of log or after days', (_name, calls) => {
      expect(inShort(uses(calls))[0]).toMatchObject({ entity: { id: 'consumer-5' } });
      expect(inLong(uses(calls))[0]).toMatchObject({ entity: { id: 'consumer-5' } });
    });

    it('is told after days for one use of administration or one gift of rights', () => {
      expect(inLong(uses([['GET', '/v2/admin/users']]))).toHaveLength(1);
      expect(inLong(uses([['PUT', '/users/8/roles']]))).toHaveLength(1);
      expect(inShort(uses([['GET', '/v2/admin/users']]))).toEqual([]);
    });

    it('is told when five different removals, or three privileged functions, are refused', () => {
      const refused = { status: 403 };
      const removals = [1, 2, 3, 4, 5].map((id) => ['DELETE', `/users/${id}`] as const);
      expect(inShort(uses(removals, refused))[0]).toMatchObject({ severity: 'medium' });
      expect(inShort(uses(removals.slice(1), refused))).toEqual([]);
      expect(inShort(uses(DECISIONS, refused))[0]).toMatchObject({ severity: 'medium' });
      expect(inShort(uses(Array<(typeof DECISIONS)[0]>(20).fill(DECISIONS[0]), refused))).toEqual([]);
    });

    it('is silent on people with browsers in a short log, on staff by name, and on who does so from the beginning', () => {
      const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
      expect(inShort(uses(ADMIN, { userAgent: browser }))).toEqual([]);
      for (const consumerName of ['shop-admin', 'support', 'ops-bot', 'backoffice'])
        expect(inLong(uses([...ADMIN, ...REMOVALS], { consumerName }))).toEqual([]);
      const early = { ...use(5, 'PUT', '/users/3/roles', 0), startedAt: START + MINUTE };
      expect(inShort([early, ...uses([...DECISIONS, ...REMOVALS])])).toEqual([]);
    });

    it('is silent beside four others: each of a handful may have a task of its own', () => {
      const few = short.filter(({ consumerId }) => ['0', '1', '2', '3', '5'].map((n) => `consumer-${n}`).includes(consumerId)); // prettier-ignore
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...few, ...uses(REMOVALS)])).toEqual([]);
    });

    it('is silent on who shares nothing with others, and on what many use', () => {
      const own = short.map((event, i) => event.consumerId === 'consumer-5' ? { ...event, path: `/own/${i % 5}`, pathTemplate: `/own/p${i % 5}` } : event); // prettier-ignore
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...own, ...uses(ADMIN)])).toEqual([]);
      const common = [0, 1, 2, 3].flatMap((who) => REMOVALS.map(([method, path], i) => ({ ...use(who, method, path, i), startedAt: START + (40 + who) * MINUTE + i }))); // prettier-ignore
      expect(inShort([...common, ...uses(REMOVALS)]).filter(({ entity }) => entity.id === 'consumer-5')).toEqual([]);
    });

    it('is silent on decisions that everybody may take from now on, and tells them where staff alone took them', () => {
      const refunds = [1, 2, 3, 4].map((id) => ['POST', `/orders/${id}/refund`] as const);
      const everybody = [4, 5, 6, 7].flatMap((who, n) => refunds.map(([method, path], i) => ({ ...use(who, method, path, i), startedAt: START + n * HOUR + i * 9_000 }))); // prettier-ignore
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...estate, ...everybody])).toEqual([]);
      const staff = refunds.map(([method, path], i) => ({ ...use(0, method, path, i), startedAt: START - (3 - i / 2) * DAY })); // prettier-ignore
      expect(inLong([...staff.map((event) => ({ ...event, startedAt: event.startedAt + LATE - START })), ...uses(refunds)])[0]).toMatchObject({ entity: { id: 'consumer-5' } }); // prettier-ignore
    });

    it('is told for one removal where it is the task of one other, even if it writes anyway, and not where owners remove their accounts', () => {
      const removal = (who: number, i: number, change: Partial<ApiEvent> = {}) => use(who, 'DELETE', `/users/${i + 1}`, i, change); // prettier-ignore
      const task = Array.from({ length: 8 }, (_, i) => removal(0, i, { startedAt: START + i * 10 * MINUTE }));
      const writes = Array.from({ length: 8 }, (_, i) => use(5 + (i % 2), 'POST', '/orders', i, { startedAt: START + i * 10 * MINUTE })); // prettier-ignore
      expect(inShort([...task, removal(5, 30)])[0]).toMatchObject({ entity: { id: 'consumer-5' } });
      const before = [...task, ...writes].map((event) => ({ ...event, startedAt: event.startedAt - 3 * DAY }));
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...estate, ...before, removal(5, 30)])[0]).toMatchObject({ entity: { id: 'consumer-5' } }); // prettier-ignore
      const owners = [1, 2, 3].map((who) => removal(who, who, { startedAt: START - (4 - who) * 20 * HOUR }));
      expect(findingsOf(FUNCTION_LEVEL_ABUSE, [...estate, ...owners, ...writes.map((event) => ({ ...event, startedAt: event.startedAt - 3 * DAY })), removal(5, 30)])).toEqual([]); // prettier-ignore
    });

    it('is told for two accounts removed by a reader in a short log, and silent on who removes what it made', () => {
      expect(inShort(uses(REMOVALS.slice(0, 2)))[0]).toMatchObject({ entity: { id: 'consumer-5' } });
      expect(inShort(uses(REMOVALS.slice(0, 1)))).toEqual([]);
      expect(inShort(uses([['POST', '/users'], ...REMOVALS]))).toEqual([]);
    });

    it('is silent on an account that its owner removes, a profile that is changed, and approvals alone in a short log', () => {
      expect(inLong(uses([['DELETE', '/users/8']]))).toEqual([]);
      expect(inLong(uses([['PATCH', '/users/8'], ['PATCH', '/users/8'], ['POST', '/orders/1/cancel']]))).toEqual([]); // prettier-ignore
      expect(inShort(uses([1, 2, 3, 4].map((id) => ['POST', `/claims/${id}/approve`] as const)))).toEqual([]);
    });
  });

  it('is silent on the administrator, on one refusal, and on the same refusal again and again', () => {
    expect(found(admin(0, 'jobs', START), admin(0, 'keys', START + 1, { method: 'POST' }))).toEqual([]);
    expect(found(...Array.from({ length: 30 }, (_, i) => admin(5, 'users', START + i * 60_000, { status: 403 })))).toEqual([]); // prettier-ignore
  });

  it('is silent on a release that everybody begins to use', () => {
    const release = Array.from(
      { length: 12 },
      (_, n) =>
      [0, 1, 2].map((i) => at(START + n * HOUR + i * 1_000, { ...consumer(n), routeId: 'new', path: `/tips/${i}`, pathTemplate: `/tips/new${i}` })), // prettier-ignore
    ).flat();
    expect(found(...release)).toEqual([]);
  });

  it('is silent on a newcomer whose rights are not set yet', () => {
    const newcomer = ['a', 'b', 'c', 'd'].map((page, i) => at(START + i * 1_000, { ...consumer(40), status: 403, path: `/${page}`, pathTemplate: `/${page}` })); // prettier-ignore
    expect(found(...newcomer)).toEqual([]);
  });
});
