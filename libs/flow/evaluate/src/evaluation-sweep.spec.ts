import { anAlert } from '@outrider/domain/detection/testing';
import { aPolicy } from '@outrider/domain/response/testing';
import { SoleLeadership } from '@outrider/ports/leadership';
import { eventually } from '@outrider/testing/eventually';
import { EvaluationSweep } from './evaluation-sweep.ts';
import { anEvaluateStage } from './testing.ts';

const entity = (id: string) => ({ kind: 'consumer' as const, id, name: id });

test('an alert whose change was lost is evaluated all the same', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { alerts, evaluator, metrics, log } = stage;
  const sweep = new EvaluationSweep({ alerts, evaluator, metrics, log, everyMs: 5, leadership: new SoleLeadership() });
  await stage.stored(anAlert());
  await sweep.start();
  await eventually(async () => (await stage.enforcements.live()).length === 1);
  await stage.stored(anAlert({ entity: entity('bob') }));
  await eventually(async () => (await stage.enforcements.live()).length === 2);
  await sweep.stop();
  expect(await stage.metrics.text()).toContain('outrider_evaluate_swept_total{outcome="evaluated"} 2');
});

test('an alert that cannot be evaluated is counted, tried again, and does not hold up the others', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { alerts, metrics, log } = stage;
  const bad = await stage.stored(anAlert({ openedAt: 1 }));
  const good = await stage.stored(anAlert({ openedAt: 2, entity: entity('bob') }));
  let failing = true;
  const evaluator = {
    evaluate: async (alert: typeof bad): Promise<void> => {
      if (failing && alert.id === bad.id) throw new Error('a bug');
      await stage.evaluator.evaluate(alert);
    },
  };
  const sweep = new EvaluationSweep({
    alerts,
    evaluator,
    metrics,
    log,
    everyMs: 60_000,
    leadership: new SoleLeadership(),
  });
  await sweep.sweep();
  expect((await alerts.unevaluated(9)).map((a) => a.id)).toEqual([bad.id]);
  expect((await stage.enforcements.list({ tenant: 'default', limit: 9 })).map((r) => r.alertId)).toEqual([good.id]);
  expect(await metrics.text()).toContain('outrider_evaluate_swept_total{outcome="failed"} 1');
  failing = false;
  await sweep.sweep();
  expect(await alerts.unevaluated(9)).toEqual([]);
});

test('a store that is away ends the pass, not the sweep', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { alerts, evaluator, metrics, log } = stage;
  const unevaluated = alerts.unevaluated.bind(alerts);
  let passes = 0;
  alerts.unevaluated = async (limit) => {
    if (++passes < 3) throw new Error('away');
    return unevaluated(limit);
  };
  await stage.stored(anAlert());
  const sweep = new EvaluationSweep({ alerts, evaluator, metrics, log, everyMs: 1, leadership: new SoleLeadership() });
  await sweep.start();
  await eventually(async () => (await stage.enforcements.live()).length === 1);
  await sweep.stop();
});

test('nothing is evaluated once it has stopped', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { alerts, evaluator, metrics, log } = stage;
  const sweep = new EvaluationSweep({ alerts, evaluator, metrics, log, everyMs: 1, leadership: new SoleLeadership() });
  await sweep.start();
  await sweep.stop();
  await stage.stored(anAlert());
  await sweep.sweep(AbortSignal.abort());
  expect(await stage.enforcements.live()).toEqual([]);
});
