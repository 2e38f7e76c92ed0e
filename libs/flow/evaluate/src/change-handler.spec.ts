import type { Change } from '@outrider/contracts/topics/change';
import { anAlert } from '@outrider/domain/detection/testing';
import { aPolicy } from '@outrider/domain/response/testing';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import { ChangeHandler } from './change-handler.ts';
import { anEvaluateStage } from './testing.ts';

const delivery = (value: string) => ({
  topic: 'outrider.changes.v1',
  partition: 0,
  offset: 7,
  value: Buffer.from(value),
});
const change = (overrides: Partial<Change>) =>
  delivery(
    JSON.stringify({
      v: 1,
      tenant: 'default',
      kind: 'alert',
      id: 'x',
      revision: 1,
      change: 'opened',
      at: 1,
      ...overrides,
    }),
  );

test('a change of an alert is evaluated on the row as it stands, and delivered twice it makes one enforcement', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const handler = new ChangeHandler(stage.alerts, stage.evaluator, stage.rules);
  const alert = await stage.stored(anAlert());
  await stage.alerts.save({ ...alert, revision: 2, findings: 5 });
  const message = change({ id: alert.id });
  await handler.handle(message);
  await handler.handle(message);
  expect(await stage.enforcements.live()).toHaveLength(1);
  expect(await stage.alerts.unevaluated(9)).toEqual([]);
});

test('changes of other things and of alerts that are gone, or of another tenant, are passed by', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const handler = new ChangeHandler(stage.alerts, stage.evaluator, stage.rules);
  const alert = await stage.stored(anAlert());
  for (const passed of [
    change({ kind: 'enforcement', id: alert.id }),
    change({ kind: 'policy' }),
    change({ id: 'gone' }),
    change({ id: alert.id, tenant: 'other' }),
  ])
    await handler.handle(passed);
  expect(stage.enforcements.records.size).toBe(0);
});

test('what is no change goes to the dead letters, and a store that is away has the message delivered again', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const handler = new ChangeHandler(stage.alerts, stage.evaluator, stage.rules);
  await expect(handler.handle(delivery('{"v":2}'))).rejects.toThrow(PermanentError);
  await expect(handler.handle(delivery('{'))).rejects.toThrow('outrider.changes.v1/0@7');
  const alert = await stage.stored(anAlert());
  stage.enforcements.commitEvaluation = () => Promise.reject(new TransientError('away'));
  await expect(handler.handle(change({ id: alert.id }))).rejects.toThrow(TransientError);
});

test('a policy made a moment after an evaluation decides the next alert: the rules in memory are given up', async () => {
  const stage = anEvaluateStage([]);
  const handler = new ChangeHandler(stage.alerts, stage.evaluator, stage.rules);
  await handler.handle(change({ id: (await stage.stored(anAlert())).id }));
  const policy = aPolicy();
  stage.policyStore.policies.set(policy.id, policy);
  await handler.handle(change({ kind: 'policy', change: 'created' }));
  await handler.handle(
    change({ id: (await stage.stored(anAlert({ entity: { kind: 'consumer', id: 'c-2', name: 'two' } }))).id }),
  );
  expect(await stage.enforcements.live()).toHaveLength(1);
});
