import { randomBytes } from 'node:crypto';
import { EntryReader } from '@outrider/collect/entry/entry-reader';
import { GatewayContext } from '@outrider/collect/entry/gateway-context';
import { SecretNames } from '@outrider/collect/entry/secret-names';
import { readLogFile } from '@outrider/collect/file/log-file-reader';
import { linearRegex } from '@outrider/detect/rules/linear-regex';
import type { Rule } from '@outrider/detect/rules/rule';
import { RuleSet } from '@outrider/detect/rules/rule-set';
import type { Finding } from '@outrider/domain/detection/alert';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { CallerError } from '@outrider/platform/errors';
import { systemClock } from '@outrider/ports/clock';

export interface RuleTestResult {
  readonly rule: Rule;
  /** Events for which one of its conditions holds. */
  readonly matched: number;
  readonly findings: number;
  /** The first ones. */
  readonly shown: readonly Finding[];
}

export interface RulesTest {
  readonly entries: number;
  readonly refused: number;
  readonly results: readonly RuleTestResult[];
}

/** Events held in memory, to be put in order of time; about 1 KB each. */
const MAX_EVENTS = 500_000;
const MAX_SHOWN = 5;

/** What rules find in log files, each rule by itself. Disabled rules are tried as well: that is what testing is for. */
export const testRules = async (given: readonly Rule[], logs: readonly string[]): Promise<RulesTest> => {
  const rules = given.map((rule) => ({ ...rule, enabled: true }));
  const set = RuleSet.compile(rules);
  const matcher = new RawMatcher(set.rawRules, linearRegex);
  const reader = new EntryReader({ fingerprintKey: randomBytes(32), rules: matcher });
  const parts = {
    reader,
    from: new GatewayContext(GatewaySettings.parse({ id: 'default' }), new SecretNames()),
    clock: systemClock,
  };
  const events: ApiEvent[] = [];
  let refused = 0;
  for (const log of logs)
    for await (const chunk of readLogFile(log, parts)) {
      refused += chunk.refused;
      for (const event of chunk.events) events.push(event);
      if (events.length > MAX_EVENTS)
        throw new CallerError(`more than ${MAX_EVENTS} entries: try the rules on a part of them`);
    }
  events.sort((a, b) => a.startedAt - b.startedAt);
  return { entries: events.length + refused, refused, results: rules.map((rule) => tried(rule, events)) };
};

const tried = (rule: Rule, events: readonly ApiEvent[]): RuleTestResult => {
  const set = RuleSet.compile([rule]);
  const findings: Finding[] = [];
  const shown: Finding[] = [];
  let count = 0;
  const take = (): void => {
    for (const finding of findings.splice(0)) {
      count++;
      if (shown.length < MAX_SHOWN) shown.push(finding);
    }
  };
  let matched = 0;
  for (const event of events) {
    if (set.matches(event)) matched++;
    set.observe(event, event.startedAt, 0, findings);
    take();
  }
  set.tick(events.at(-1)?.startedAt ?? 0, findings);
  take();
  return { rule, matched, findings: count, shown };
};
