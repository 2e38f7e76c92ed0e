import { atLeast, type Alert } from '../detection/alert.ts';
import type { Policy } from './policy.ts';

/**
 * Whether a policy speaks of an alert. Every condition that is set must hold; within one, any value will do. An entity is meant by its
 * id or its name; services, routes, endpoints and tags by any that the alert touched. `enabled` is not looked at here. No
 * policy speaks of a simulated alert: its detector is on trial.
 */
export const policyMatches = (policy: Pick<Policy, 'tenant' | 'match'>, alert: Alert): boolean => {
  const { match } = policy;
  return (
    !alert.simulated &&
    policy.tenant === alert.tenant &&
    allows(match.types, [alert.type]) &&
    atLeast(alert.severity, match.minSeverity) &&
    alert.confidence >= match.minConfidence &&
    allows(match.entityKinds, [alert.entity.kind]) &&
    allows(match.entityIds, [alert.entity.id, alert.entity.name]) &&
    allows(match.services, alert.scope.services) &&
    allows(match.routes, alert.scope.routes) &&
    allows(match.endpoints, alert.scope.endpoints) &&
    allows(match.tags, alert.scope.tags)
  );
};

const allows = (wanted: readonly string[], actual: readonly string[]): boolean =>
  wanted.length === 0 || actual.some((value) => wanted.includes(value));
