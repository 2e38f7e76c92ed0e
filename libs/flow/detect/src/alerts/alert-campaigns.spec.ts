import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import { resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import { anAlert } from '@outrider/domain/detection/testing';
import { TransientError } from '@outrider/platform/errors';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { AlertTracker, RESOLVED_BY_ITSELF } from './alert-tracker.ts';

const AT = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const away = new TransientError('the store is away');
const consumer = (id: string) => ({ kind: 'consumer', id, name: id }) as const;
const ip = (id: string) => ({ kind: 'ip', id, name: id }) as const;
const by = (...entities: Alert['entity'][]) => entities.map((entity) => ({ entity, count: 1 }));

class CampaignStore extends FakeAlertStore {
  /** Calls that fail from now on. */
  joinsFail = 0;
  relatedFail = 0;
  asked = 0;

  override async joinCampaigns(...args: Parameters<FakeAlertStore['joinCampaigns']>): Promise<void> {
    if (this.joinsFail-- > 0) throw away;
    await super.joinCampaigns(...args);
  }

  override async related(...args: Parameters<FakeAlertStore['related']>): Promise<readonly Alert[]> {
    this.asked++;
    if (this.relatedFail-- > 0) throw away;
    return super.related(...args);
  }
}

describe('alerts get their campaign', () => {
  let store: CampaignStore;
  let problems: unknown[];
  let ids = 0;
  beforeEach(() => {
    store = new CampaignStore();
    problems = [];
  });
  const aTracker = (): AlertTracker => {
    let now = AT;
    return new AlertTracker({
      store,
      clock: { now: () => ++now },
      publish: async () => undefined,
      newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
      quietMs: () => 15 * MINUTE_MS,
      updateEveryMs: 0,
      onProblem: (error) => void problems.push(error),
    });
  };
  const saw = (minutes: number, overrides: Partial<Finding> = {}): Finding =>
    anAlert({
      detectedAt: AT + minutes * MINUTE_MS,
      window: { from: AT + (minutes - 1) * MINUTE_MS, to: AT + minutes * MINUTE_MS },
      entity: consumer('bot'),
      ...overrides,
    });
  const rows = (): Alert[] => [...store.alerts.values()];
  const campaigns = (): string[] => rows().map(({ campaignId }) => campaignId);
  const idOf = (entity: Alert['entity']): string => rows().find((a) => a.entity.id === entity.id)?.id ?? '';

  it('that is stored with them: the first one’s id for the whole story', async () => {
    const tracker = aTracker();
    await tracker.take(saw(0));
    await tracker.take(saw(3, { type: 'scraping' }));
    await tracker.take(saw(3, { entity: consumer('else') }));
    const [first, second, other] = rows();
    expect([first?.campaignId, second?.campaignId, other?.campaignId]).toEqual([first?.id, first?.id, other?.id]);
  });

  it('two stories that turn out to be one are written as one, the older, also for alerts that are over', async () => {
    const tracker = aTracker();
    await tracker.take(saw(0, { entity: consumer('a') }));
    await tracker.take(saw(4, { entity: consumer('b') }));
    await tracker.tick(() => AT + 18 * MINUTE_MS);
    expect(rows().map(({ state }) => state)).toEqual(['resolved', 'open']);
    await tracker.take(saw(18, { entity: ip('9'), contributors: by(consumer('a'), consumer('b')) }));
    expect(new Set(campaigns())).toEqual(new Set([idOf(consumer('a'))]));
  });

  it('by a later finding that shows who else is in it, though nothing else is written of the others', async () => {
    const tracker = aTracker();
    await tracker.take(saw(0, { entity: consumer('a') }));
    await tracker.take(saw(4, { entity: ip('9') }));
    const before = rows().map(({ revision }) => revision);
    await tracker.take(saw(5, { entity: ip('9'), contributors: by(consumer('a')) }));
    expect(new Set(campaigns())).toEqual(new Set([idOf(consumer('a'))]));
    expect(rows().map(({ revision }) => revision)).toEqual([before[0], 2]);
  });

  it('although the store was away when two stories became one: at the next tick', async () => {
    const tracker = aTracker();
    await tracker.take(saw(0, { entity: consumer('a') }));
    await tracker.take(saw(0, { entity: consumer('b') }));
    await tracker.take(saw(0, { entity: consumer('c') }));
    store.joinsFail = 2;
    await tracker.take(saw(1, { entity: ip('9'), contributors: by(consumer('b'), consumer('c')) }));
    await tracker.take(saw(2, { entity: ip('8'), contributors: by(consumer('a'), ip('9')) }));
    expect(new Set(campaigns()).size).toBeGreaterThan(1);
    await tracker.tick(() => AT);
    expect(new Set(campaigns())).toEqual(new Set([idOf(consumer('a'))]));
    expect(problems).toEqual([away, away]);
  });

  it('with what was raised before a restart, open or over', async () => {
    await aTracker().take(saw(0));
    const [before] = rows();
    const ended = before && resolveAlert(before, RESOLVED_BY_ITSELF, AT);
    if (!ended) throw new Error('nothing to end');
    await store.save(ended);
    const tracker = aTracker();
    await tracker.claim(() => 0);
    await tracker.take(saw(10, { type: 'scraping' }));
    expect(campaigns()).toEqual([before.id, before.id]);
  });

  it('with what another process raised, and what that process has joined since', async () => {
    const [a, b] = [aTracker(), aTracker()];
    await a.take(saw(0, { entity: consumer('old') }));
    await a.take(saw(1, { entity: consumer('young') }));
    await b.take(saw(2, { entity: ip('1'), contributors: by(consumer('young')) }));
    expect(campaigns()).toEqual([idOf(consumer('old')), idOf(consumer('young')), idOf(consumer('young'))]);
    await a.take(saw(3, { entity: ip('2'), contributors: by(consumer('old'), consumer('young')) }));
    await b.take(saw(4, { entity: ip('1'), type: 'scraping' }));
    expect(new Set(campaigns())).toEqual(new Set([idOf(consumer('old'))]));
  });

  it('also when two processes opened at the same moment: with the first update', async () => {
    const [a, b] = [aTracker(), aTracker()];
    store.relatedFail = 1;
    await a.take(saw(0));
    store.relatedFail = 1;
    await b.take(saw(0, { entity: ip('1'), contributors: by(consumer('bot')) }));
    expect(new Set(campaigns()).size).toBe(2);
    await b.take(saw(1, { entity: ip('1') }));
    expect(new Set(campaigns())).toEqual(new Set([idOf(consumer('bot'))]));
  });

  it('of a whole network that does one thing at one time, whichever process sees which address', async () => {
    const trackers = [aTracker(), aTracker(), aTracker()];
    for (let n = 0; n < 30; n++)
      await trackers[n % 3]?.take(saw(1, { type: 'brute-force', entity: ip(`203.0.113.${n}`) }));
    await trackers[0]?.take(saw(1, { type: 'brute-force', entity: ip('203.0.114.1') }));
    await trackers[0]?.take(saw(9, { type: 'brute-force', entity: ip('203.0.113.99') }));
    expect(new Set(campaigns().slice(0, 30))).toEqual(new Set([idOf(ip('203.0.113.0'))]));
    expect(new Set(campaigns().slice(30)).size).toBe(2);
  });

  it('asking the store twice an alert, however many findings it has', async () => {
    const tracker = aTracker();
    for (let i = 0; i < 20; i++) await tracker.take(saw(i));
    expect([rows().length, store.asked]).toEqual([1, 2]);
  });

  it('nobody’s campaign moves an alert of another tenant', async () => {
    const tracker = aTracker();
    await tracker.take(saw(0));
    await tracker.take(saw(1, { tenant: 'other' }));
    expect(new Set(campaigns()).size).toBe(2);
  });

  it('the alert of another process that means the same matter keeps its own', async () => {
    const standing = anAlert({ entity: consumer('bot'), campaignId: '00000000-0000-4000-8000-00000000cafe' });
    await store.insert(standing);
    const tracker = aTracker();
    await tracker.take(saw(1));
    await tracker.take(saw(2, { type: 'scraping' }));
    expect(campaigns()).toEqual([standing.campaignId, standing.campaignId]);
  });
});

describe('simulated alerts', () => {
  it('become real with the first real finding, at once, and stay real', async () => {
    const store = new FakeAlertStore();
    const tracker = new AlertTracker({
      store,
      clock: { now: () => AT },
      publish: async () => undefined,
      newId: () => '00000000-0000-4000-8000-000000000001',
      quietMs: () => 15 * MINUTE_MS,
      updateEveryMs: MINUTE_MS,
      onProblem: (error) => {
        throw error;
      },
    });
    const only = (): Alert | undefined => [...store.alerts.values()][0];
    await tracker.take(anAlert({ simulated: true, severity: 'critical' }));
    expect(only()?.simulated).toBe(true);
    await tracker.take(anAlert({ severity: 'low', confidence: 0.5 }));
    expect(only()).toMatchObject({ simulated: false, severity: 'low', revision: 2 });
    await tracker.take(anAlert({ simulated: true, severity: 'critical' }));
    await tracker.flush();
    expect(only()).toMatchObject({ simulated: false, severity: 'low', findings: 3 });
  });
});
