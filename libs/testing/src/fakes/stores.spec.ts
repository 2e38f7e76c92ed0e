import { alertStoreConformance } from '../conformance/alert-store.conformance.ts';
import { backtestStoreConformance } from '../conformance/backtest-store.conformance.ts';
import { enforcementStoreConformance } from '../conformance/enforcement-store.conformance.ts';
import { FakeAlertStore } from './alert-store.fake.ts';
import { FakeBacktestStore } from './backtest-store.fake.ts';
import { FakeEnforcementStore } from './response-store.fake.ts';

alertStoreConformance('FakeAlertStore', () => new FakeAlertStore());
backtestStoreConformance('FakeBacktestStore', () => new FakeBacktestStore(Date.now), Date.now);

enforcementStoreConformance('FakeEnforcementStore', () => {
  const alerts = new FakeAlertStore();
  return { alerts, enforcements: new FakeEnforcementStore(alerts), webhook: async () => crypto.randomUUID() };
});
