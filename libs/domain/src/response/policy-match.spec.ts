import { anAlert } from '../detection/testing.ts';
import { PolicyMatch } from './policy.ts';
import { policyMatches } from './policy-match.ts';
import { aPolicy } from './testing.ts';

const alert = anAlert({
  type: 'brute-force',
  severity: 'high',
  confidence: 0.8,
  entity: { kind: 'consumer', id: 'c-1', name: 'alice' },
  scope: { services: ['orders', 'login'], routes: ['login-v1'], endpoints: ['POST /login'], tags: ['partner'] },
});

test.each([
  [{}, true],
  [{ types: ['brute-force'] }, true],
  [{ types: ['request-spike', 'brute-force'] }, true],
  [{ types: ['request-spike'] }, false],
  [{ minSeverity: 'high' }, true],
  [{ minSeverity: 'critical' }, false],
  [{ minConfidence: 0.8 }, true],
  [{ minConfidence: 0.81 }, false],
  [{ entityKinds: ['ip', 'consumer'] }, true],
  [{ entityKinds: ['ip'] }, false],
  [{ entityIds: ['c-1'] }, true],
  [{ entityIds: ['alice'] }, true],
  [{ entityIds: ['bob'] }, false],
  [{ services: ['login'] }, true],
  [{ services: ['billing'] }, false],
  [{ routes: ['login-v1'] }, true],
  [{ routes: ['login-v2'] }, false],
  [{ endpoints: ['POST /login'] }, true],
  [{ endpoints: ['GET /login'] }, false],
  [{ tags: ['partner', 'x'] }, true],
  [{ tags: ['x'] }, false],
  [{ types: ['brute-force'], services: ['login'], tags: ['x'] }, false],
])('every condition that is set must hold: %j → %s', (match, expected) => {
  expect(policyMatches(aPolicy({ match: PolicyMatch.parse(match) }), alert)).toBe(expected);
});

test("a policy never speaks of another tenant's alert", () => {
  expect(policyMatches(aPolicy({ tenant: 'other' }), alert)).toBe(false);
});

test('no policy speaks of a simulated alert, also one that asks for nothing', () => {
  expect(policyMatches(aPolicy(), { ...alert, simulated: true })).toBe(false);
});

test('a condition on services is not met by an alert that shows none', () => {
  const bare = anAlert({ scope: { services: [], routes: [], endpoints: [], tags: [] } });
  expect(policyMatches(aPolicy({ match: PolicyMatch.parse({ services: ['orders'] }) }), bare)).toBe(false);
});
