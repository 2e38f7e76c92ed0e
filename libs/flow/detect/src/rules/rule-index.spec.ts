import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Condition, FieldTest } from '@outrider/domain/rules/condition';
import { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { linearRegex } from './linear-regex.ts';
import { eventPredicate } from './make-machine.ts';
import { onEvents, rawRulesOf } from './raw-conditions.ts';
import { RuleIndex } from './rule-index.ts';
import type { ThresholdRule } from './rule.ts';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  status: ['200', '401', '-1'],
  method: ['GET', 'POST'],
  service_name: ['orders', ''],
  answered_by: ['kong', 'upstream'],
  client_ip: ['192.0.2.1', '192.0.2.2'],
  raw_query: ['x', 'y'],
  raw_path: ['/a', '/b'],
};
const field = (names: readonly string[]) => fc.constantFrom(...names);
const leaf = (names: readonly string[]): fc.Arbitrary<Condition> =>
  field(names).chain((name) =>
    fc
      .oneof(
        fc
          .subarray([...(VALUES[name] ?? [])], { minLength: 1 })
          .chain((values) => fc.boolean().map((ignoreCase): FieldTest => ({ op: 'equals', values, ignoreCase }))),
        name === 'status'
          ? fc.integer({ min: -1, max: 500 }).map((value): FieldTest => ({
              op: 'range',
              min: { value, open: value % 2 === 0 },
              max: undefined,
            }))
          : fc.constant<FieldTest>({ op: 'exists', present: true }),
      )
      .map((test): Condition => ({ kind: 'test', field: name, test })),
  );
const conditions = (names: readonly string[]): fc.Arbitrary<Condition> =>
  fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small' },
      leaf(names),
      fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
    ),
  })).condition;
const events: fc.Arbitrary<ApiEvent> = fc
  .record({
    status: fc.constantFrom(200, 401, 403, -1),
    method: fc.constantFrom('GET', 'POST'),
    serviceName: fc.constantFrom('orders', ''),
    answeredBy: fc.constantFrom('kong' as const, 'upstream' as const),
    clientIp: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  })
  .map((parts) => anApiEvent(parts));

it('never misses an event that a condition holds for', () => {
  const stored = Object.keys(VALUES).filter((name) => !name.startsWith('raw_'));
  fc.assert(
    fc.property(fc.array(conditions(stored), { maxLength: 4 }), events, (list, event) => {
      const index = new RuleIndex(list.map((condition, item) => ({ conditions: [condition], item })));
      const found: number[] = [];
      index.candidates(event, found);
      for (const [item, condition] of list.entries())
        if (eventPredicate(condition)(event)) expect(found).toContain(item);
    }),
    { numRuns: 1_000 },
  );
});

it('a condition on raw and stored fields holds after collect as it would on both together', () => {
  const request = fc.record({ path: fc.constantFrom('/a', '/b', '/c'), query: fc.constantFrom('', 'x', 'y', 'z') });
  fc.assert(
    fc.property(conditions(Object.keys(VALUES)), events, request, (where, event, { path, query }) => {
      const rule: ThresholdRule = { ...RULE, where };
      const ruleMatches = new RawMatcher(rawRulesOf([rule]), linearRegex).match(
        path,
        query,
        '',
        '',
        event.method,
        event.status,
      );
      const split = eventPredicate(onEvents(rule).where)({ ...event, ...{ ruleMatches } });
      expect(split).toBe(holds(where, event, { raw_path: path, raw_query: query }));
    }),
    { numRuns: 1_000 },
  );
});

/** The plain meaning of a condition, part by part. */
const holds = (condition: Condition, event: ApiEvent, raw: Readonly<Record<string, string>>): boolean => {
  switch (condition.kind) {
    case 'all':
      return condition.of.every((part) => holds(part, event, raw));
    case 'any':
      return condition.of.some((part) => holds(part, event, raw));
    case 'not':
      return !holds(condition.of, event, raw);
    case 'test': {
      const value = raw[condition.field];
      if (value === undefined) return eventPredicate(condition)(event);
      return condition.test.op === 'equals' ? condition.test.values.includes(value) : value !== '';
    }
  }
};

const RULE: ThresholdRule = {
  kind: 'threshold',
  id: 'r',
  title: 'r',
  description: 'd',
  severity: 'low',
  confidence: 0.5,
  mapping: { owasp: [], attack: [] },
  falsePositives: [],
  enabled: true,
  simulate: false,
  exceptions: [],
  groupBy: ['caller'],
  entity: 'caller',
  windowMs: 60_000,
  origin: { format: 'outrider', file: 'f', line: 1 },
  where: { kind: 'all', of: [] },
  atLeast: 1,
};
