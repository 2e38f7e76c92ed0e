import { alertStoreConformance } from '../conformance/alert-store.conformance.ts';
import { enforcementStoreConformance } from '../conformance/enforcement-store.conformance.ts';
import { FakeAlertStore } from './alert-store.fake.ts';
import { FakeEnforcementStore } from './response-store.fake.ts';

alertStoreConformance('FakeAlertStore', () => new FakeAlertStore());

enforcementStoreConformance('FakeEnforcementStore', () => {
  const alerts = new FakeAlertStore();
  return { alerts, enforcements: new FakeEnforcementStore(alerts), webhook: async () => crypto.randomUUID() };
});
