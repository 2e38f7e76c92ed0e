import type * as z from 'zod';
import { Alert } from './alert.ts';

let sequence = 0;

/** A valid open alert on consumer `alice`; a test names only the fields it is about. */
export const anAlert = (overrides: Partial<z.input<typeof Alert>> = {}): Alert => {
  const id = overrides.id ?? `00000000-0000-4000-9000-${String(++sequence).padStart(12, '0')}`;
  return Alert.parse({
    id,
    campaignId: id,
    tenant: 'default',
    gateway: 'default',
    type: 'request-spike',
    detectorVersion: '1',
    entity: { kind: 'consumer', id: 'c0ffee00-0000-4000-8000-000000000001', name: 'alice' },
    severity: 'high',
    confidence: 0.9,
    detectedAt: 1_767_225_600_000,
    window: { from: 1_767_225_540_000, to: 1_767_225_600_000 },
    observed: { metric: 'requests', value: 900, unit: 'requests/min' },
    expected: { low: 0, high: 60, mean: 20, n: 120, p: 1e-9, warmUp: 'mature' },
    explanation: '900 requests in a minute where 60 are usual at most',
    samples: ['default:0123456789abcdef0123456789abcdef'],
    contributors: [],
    scope: { services: ['orders'], routes: ['orders-v1'], endpoints: ['GET /orders/{id}'], tags: [] },
    query: 'SELECT 1',
    simulated: false,
    state: 'open',
    revision: 1,
    firstSeenAt: 1_767_225_540_000,
    lastSeenAt: 1_767_225_600_000,
    findings: 1,
    openedAt: 1_767_225_600_500,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    ...overrides,
  });
};
