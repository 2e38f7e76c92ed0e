import { Change } from '@outrider/contracts/topics/change';
import { NotificationPayload } from '@outrider/contracts/notifications/notification-payload';
import type { Alert, Severity } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { aPolicy, aUuid } from '@outrider/domain/response/testing';
import { TransientError } from '@outrider/platform/errors';
import { anEvaluateStage, T0 } from './testing.ts';

const webhookId = aUuid();
const block = { kind: 'block-consumer' as const, durationSeconds: 600 };
const notify = { kind: 'notify' as const, webhookId };
const later = (alert: Alert, overrides: Partial<Alert> = {}): Alert => ({
  ...alert,
  ...overrides,
  revision: alert.revision + 1,
});

test('a matching policy becomes a pending enforcement, a job to apply it, and a change', async () => {
  const policy = aPolicy({ name: 'stop', actions: [block] });
  const stage = anEvaluateStage([policy]);
  const alert = await stage.stored(anAlert());
  await stage.evaluator.evaluate(alert);
  const [record, ...others] = await stage.enforcements.live();
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    state: 'pending',
    alertId: alert.id,
    policyId: policy.id,
    requestedBy: 'policy:stop',
    entity: alert.entity,
    gateway: alert.gateway,
    reason: alert.explanation,
    createdAt: T0,
    endsAt: T0 + 600_000,
    revision: 1,
  });
  expect([...stage.jobs.waiting.values()]).toEqual([
    {
      name: 'enforcement.apply',
      payload: { v: 1, enforcementId: record?.id },
      jobId: `apply-${record?.id}`,
      delayMs: 0,
    },
  ]);
  const change = Change.parse(JSON.parse(stage.bus.published[0]?.message.value.toString() ?? ''));
  expect(change).toMatchObject({
    kind: 'enforcement',
    id: record?.id,
    change: 'pending',
    revision: 1,
    tenant: 'default',
  });
});

test('the same alert evaluated again, also by another process at the same time, makes nothing twice', async () => {
  const stage = anEvaluateStage([aPolicy({ actions: [block, notify] })]);
  const alert = await stage.stored(anAlert());
  await Promise.all([stage.evaluator.evaluate(alert), stage.newEvaluator().evaluate(alert)]);
  await stage.evaluator.evaluate(later(alert));
  expect(stage.enforcements.records.size).toBe(1);
  expect(stage.deliveries.deliveries.size).toBe(1);
  expect(stage.jobs.waiting.size).toBe(2);
  expect(stage.bus.published).toHaveLength(1);
});

test.each([
  [{ killSwitch: true }, 'refused'],
  [{ simulateAll: true }, 'simulated'],
  [{ capPerHour: 0 }, 'refused'],
] as const)('with %j it is written as %s, shown, and not applied', async (rails, state) => {
  const stage = anEvaluateStage([aPolicy()]);
  await stage.policyStore.setGuardRails('default', rails, 'carol');
  await stage.evaluator.evaluate(await stage.stored(anAlert()));
  expect([...stage.enforcements.records.values()].map((r) => r.state)).toEqual([state]);
  expect(stage.jobs.waiting.size).toBe(0);
  expect(stage.bus.published).toHaveLength(1);
});

test('once the kill switch is off again the alert that goes on is enforced, in the same row', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  await stage.policyStore.setGuardRails('default', { killSwitch: true }, 'carol');
  const alert = await stage.stored(anAlert());
  await stage.evaluator.evaluate(alert);
  await stage.policyStore.setGuardRails('default', { killSwitch: false }, 'carol');
  stage.clock.at += 1_000;
  await stage.evaluator.evaluate(later(alert));
  expect([...stage.enforcements.records.values()]).toMatchObject([{ state: 'pending', endsAt: T0 + 1_000 + 600_000 }]);
  expect(stage.jobs.waiting.size).toBe(1);
});

test('a webhook is told when the alert opens and when its severity rises, not at each update', async () => {
  const stage = anEvaluateStage([aPolicy({ actions: [notify] }), aPolicy({ actions: [notify] })]);
  let alert = await stage.stored(anAlert({ severity: 'medium' }));
  const severities: Severity[] = ['medium', 'medium', 'high', 'high', 'medium', 'critical', 'critical'];
  for (const severity of severities) {
    await stage.evaluator.evaluate(alert);
    alert = later(alert, { severity });
  }
  await stage.evaluator.evaluate(alert);
  const told = [...stage.deliveries.deliveries.values()].map((d) => {
    const payload = NotificationPayload.parse(JSON.parse(d.payload));
    return [d.event, payload.type, 'alert' in payload.data ? payload.data.alert.severity : ''];
  });
  expect(told).toEqual([
    ['alert.opened', 'alert.opened', 'medium'],
    ['alert.escalated', 'alert.escalated', 'high'],
    ['alert.escalated', 'alert.escalated', 'critical'],
  ]);
  expect([...stage.jobs.waiting.keys()]).toEqual([...stage.deliveries.deliveries.keys()].map((id) => `deliver-${id}`));
});

test('a notice says what was decided, and is valid under its contract', async () => {
  const policy = aPolicy({ name: 'stop', actions: [block, notify] });
  const stage = anEvaluateStage([policy, aPolicy({ simulate: true, actions: [{ ...block, durationSeconds: null }] })]);
  await stage.evaluator.evaluate(await stage.stored(anAlert()));
  const [delivery] = stage.deliveries.deliveries.values();
  const payload = NotificationPayload.parse(JSON.parse(delivery?.payload ?? ''));
  expect(payload).toMatchObject({
    version: 1,
    type: 'alert.opened',
    timestamp: new Date(T0).toISOString(),
    tenant: 'default',
    data: {
      decisions: [
        {
          policyId: policy.id,
          policyName: 'stop',
          outcome: 'act',
          endsAt: T0 + 600_000,
          action: { kind: 'block-consumer' },
        },
      ],
    },
  });
});

test('a policy on trial sends nothing and applies nothing', async () => {
  const stage = anEvaluateStage([aPolicy({ simulate: true, actions: [block, notify] })]);
  await stage.evaluator.evaluate(await stage.stored(anAlert()));
  expect([...stage.enforcements.records.values()].map((r) => r.state)).toEqual(['simulated']);
  expect(stage.deliveries.deliveries.size).toBe(0);
  expect(stage.jobs.waiting.size).toBe(0);
});

describe('a simulated alert', () => {
  test('is never acted upon nor told of, whatever the policies say; the audit log has why, once', async () => {
    const stage = anEvaluateStage([aPolicy({ actions: [block, notify] })]);
    const alert = await stage.stored(anAlert({ simulated: true, severity: 'critical', confidence: 1 }));
    await stage.evaluator.evaluate(alert);
    await stage.evaluator.evaluate(later(alert));
    expect(stage.enforcements.records.size + stage.deliveries.deliveries.size + stage.jobs.waiting.size).toBe(0);
    expect(await stage.alerts.unevaluated(9)).toEqual([]);
    expect(stage.enforcements.audits).toEqual([
      { actor: 'outrider', act: 'alert.pass-over', subject: `alert:${alert.id}` },
    ]);
    expect(await stage.metrics.text()).toContain(
      'outrider_evaluate_decisions_total{outcome="skip",reason="simulated-finding",action="any"} 2',
    );
  });

  test('is acted upon and told of as new once it is real', async () => {
    const stage = anEvaluateStage([aPolicy({ actions: [block, notify] })]);
    const alert = await stage.stored(anAlert({ simulated: true }));
    await stage.evaluator.evaluate(alert);
    await stage.evaluator.evaluate(later(alert, { simulated: false }));
    expect(await stage.enforcements.live()).toHaveLength(1);
    expect([...stage.deliveries.deliveries.values()].map(({ event }) => event)).toEqual(['alert.opened']);
  });
});

describe('notices of one campaign', () => {
  const CAMPAIGN = aUuid();
  const MINUTE_MS = 60_000;
  const run = async (foldNoticesMs?: number) => {
    const stage = anEvaluateStage([aPolicy({ actions: [notify] })]);
    const evaluator = stage.newEvaluator(foldNoticesMs);
    const tell = async (minutes: number, severity: Severity, overrides: Partial<Alert> = {}): Promise<Alert> => {
      stage.clock.at = T0 + minutes * MINUTE_MS;
      const id = aUuid();
      const entity = { kind: 'ip' as const, id, name: id };
      const alert = anAlert({ id, campaignId: CAMPAIGN, severity, openedAt: stage.clock.at, entity, ...overrides });
      await evaluator.evaluate(await stage.stored(alert));
      return alert;
    };
    const told = (): string[] =>
      [...stage.deliveries.deliveries.values()]
        .filter(({ state }) => state !== 'folded')
        .map(({ event, payload }) => {
          const { data, type } = NotificationPayload.parse(JSON.parse(payload));
          expect(type).toBe(event);
          if (!('alert' in data)) throw new Error('no alert');
          expect(data.alert.campaignId).toBe(CAMPAIGN);
          return `${event} ${data.alert.severity}`;
        });
    return { stage, evaluator, tell, told };
  };

  test('are one page, one update, and another page when it becomes worse', async () => {
    const { stage, tell, told } = await run();
    for (const severity of ['high', 'medium', 'high', 'low', 'critical', 'critical'] as const) await tell(1, severity);
    expect(told()).toEqual(['alert.opened high', 'campaign.updated medium', 'alert.opened critical']);
    expect(stage.jobs.waiting.size).toBe(3);
    expect(stage.deliveries.deliveries.size).toBe(6);
  });

  test('page again after the time; an alert that was folded is not told late', async () => {
    const { evaluator, tell, told } = await run();
    await tell(0, 'high');
    await tell(1, 'low');
    const folded = await tell(2, 'low');
    await tell(40, 'low');
    await evaluator.evaluate(later(folded));
    expect(told()).toEqual(['alert.opened high', 'campaign.updated low', 'alert.opened low']);
  });

  test('are told one by one when folding is switched off', async () => {
    const { tell, told } = await run(0);
    for (const severity of ['high', 'medium', 'low'] as const) await tell(1, severity);
    expect(told()).toEqual(['alert.opened high', 'alert.opened medium', 'alert.opened low']);
  });
});

test('an alert that no policy speaks of is covered all the same', async () => {
  const stage = anEvaluateStage();
  const alert = await stage.stored(anAlert());
  await stage.evaluator.evaluate(alert);
  expect(await stage.alerts.unevaluated(9)).toEqual([]);
});

test('a bus and a queue that are away cost nudges, which are counted, and never the enforcement', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  stage.bus.away = true;
  stage.jobs.enqueue = () => Promise.reject(new TransientError('away'));
  await stage.evaluator.evaluate(await stage.stored(anAlert()));
  expect(await stage.enforcements.live()).toHaveLength(1);
  const text = await stage.metrics.text();
  expect(text).toContain('outrider_evaluate_nudges_lost_total{kind="job"} 1');
  expect(text).toContain('outrider_evaluate_nudges_lost_total{kind="change"} 1');
});

test('decisions are counted by their outcome and reason', async () => {
  const stage = anEvaluateStage([aPolicy({ actions: [block, { kind: 'block-address', durationSeconds: 60 }] })]);
  await stage.evaluator.evaluate(await stage.stored(anAlert()));
  const text = await stage.metrics.text();
  expect(text).toContain('outrider_evaluate_decisions_total{outcome="act",reason="policy",action="block-consumer"} 1');
  expect(text).toContain(
    'outrider_evaluate_decisions_total{outcome="skip",reason="wrong-entity-kind",action="block-address"} 1',
  );
  expect(text).toContain('outrider_evaluate_enforcements_total{state="pending",action="block-consumer"} 1');
});
