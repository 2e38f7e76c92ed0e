import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Alert } from '@outrider/domain/detection/alert';
import type { Policy } from '@outrider/domain/response/policy';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { FakeJobQueue } from '@outrider/testing/fakes/job-queue.fake';
import { FakeDeliveryStore } from '@outrider/testing/fakes/notification-store.fake';
import { FakeEnforcementStore, FakePolicyStore } from '@outrider/testing/fakes/response-store.fake';
import { Evaluator, FOLD_NOTICES_MS } from './evaluator.ts';
import { RulesCache } from './rules-cache.ts';

/** The wall clock of the specs' alerts. */
export const T0 = 1_767_225_601_000;

/** An evaluator on memory fakes, for specs. */
export const anEvaluateStage = (policies: readonly Policy[] = []) => {
  const clock = { at: T0, now: () => clock.at };
  const alerts = new FakeAlertStore();
  const deliveries = new FakeDeliveryStore();
  const policyStore = new FakePolicyStore();
  const enforcements = new FakeEnforcementStore(alerts, deliveries, policyStore);
  for (const policy of policies) policyStore.policies.set(policy.id, policy);
  const jobs = new FakeJobQueue<Jobs>();
  const bus = new FakeEventBus();
  const metrics = new Metrics();
  const log = createLogger({ level: 'silent', pretty: false, name: 'spec' });
  const rules = new RulesCache(policyStore, clock);
  const parts = { rules, enforcements, jobs, bus, clock, metrics, log, allowPrivateAddresses: false };
  const newEvaluator = (foldNoticesMs = FOLD_NOTICES_MS): Evaluator => new Evaluator({ ...parts, foldNoticesMs });
  const stored = async (alert: Alert): Promise<Alert> => {
    await alerts.insert(alert);
    return alert;
  };
  return {
    clock,
    alerts,
    deliveries,
    enforcements,
    policyStore,
    jobs,
    bus,
    metrics,
    log,
    rules,
    newEvaluator,
    evaluator: newEvaluator(),
    stored,
  };
};
