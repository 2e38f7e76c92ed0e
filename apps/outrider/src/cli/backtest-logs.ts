import { randomUUID } from 'node:crypto';
import { planRun } from '@outrider/detect/backtest/planned-backtest';
import { runBacktest, type BacktestStores } from '@outrider/detect/backtest/run-backtest';
import { OfflineDetection } from '@outrider/detect/offline/offline-detection';
import { linearRegex } from '@outrider/detect/rules/linear-regex';
import { readRuleFile } from '@outrider/detect/rules/file/rule-file';
import { RuleSet } from '@outrider/detect/rules/rule-set';
import { DetectSettings } from '@outrider/detect/settings';
import type { Alert } from '@outrider/domain/detection/alert';
import { BacktestChange, MAX_BACKTEST_EVENTS, type Backtest } from '@outrider/domain/detection/backtest';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { DEFAULT_GUARD_RAILS } from '@outrider/domain/response/guard-rails';
import { PolicyDraft, type Policy } from '@outrider/domain/response/policy';
import { RawMatcher, type RawRule } from '@outrider/domain/rules/raw-matcher';
import { CallerError } from '@outrider/platform/errors';
import type { AlertQuery } from '@outrider/ports/alert-store';
import type { TimeRange } from '@outrider/ports/event-store';
import * as z from 'zod';
import { openSources, type AnalysisSources, type SourceOptions } from './analysis-sources.ts';
import { withStoredLogs, type StoredLogs } from './stored-logs.ts';

export interface BacktestLogsOptions {
  readonly files: readonly string[];
  readonly gateway: GatewaySettings;
  readonly sources: SourceOptions;
  /** As the API takes it; a policy has no `instead` here. */
  readonly change: unknown;
  /** Of a `policy`: the one that it replaces, as the API takes policies. */
  readonly insteadPolicy?: unknown;
  /** Within the event times of the entries. */
  readonly rangeOf: (all: TimeRange) => TimeRange;
  readonly maxEvents: number | undefined;
  readonly onProgress: (text: string) => void;
}

const NO_DECISIONS = { overrides: [], exceptions: [] };
const REPLAY_CHUNK = 5_000;
const INSTEAD_ID = '00000000-0000-4000-8000-000000000001';

/** A changed rule, detector or policy, over log files instead of what a server has stored: the same comparisons. Nothing is kept. */
export const backtestLogs = async (options: BacktestLogsOptions): Promise<Backtest> => {
  const { gateway, maxEvents, onProgress } = options;
  const { tenant } = gateway;
  const instead = options.insteadPolicy === undefined ? undefined : storedPolicy(tenant, options.insteadPolicy);
  const change = changeOf(options.change, instead);
  if (maxEvents !== undefined && (maxEvents < 1_000 || maxEvents > MAX_BACKTEST_EVENTS))
    throw new CallerError(`--max-events: 1000 to ${MAX_BACKTEST_EVENTS}`);
  // What is wrong with a change is said before the files are read.
  if (change.kind !== 'policy') planRun(change, { settings: DetectSettings.parse({}), controls: NO_DECISIONS });
  const sources = await openSources(options.sources, tenant);
  const { files } = options;
  const { addresses } = sources;
  const matcher = matcherOf(change, sources);
  const logs = { files, gateway, addresses, matcher, onProgress: (at: { phase: string }) => onProgress(at.phase) };
  return withStoredLogs(logs, async (stored) => {
    if (stored.counts.stored === 0) throw new CallerError('there is no log entry that can be read in these files');
    const range = options.rangeOf(stored.counts.range);
    const startedAt = Date.now();
    const stores = await storesOf({ tenant, change, range, stored, sources, instead, onProgress });
    const result = await runBacktest(tenant, { change, range, maxEvents }, DetectSettings.parse({}), stores, {
      onProgress: (part) => onProgress(`${Math.floor(part * 100)} %`),
      isStopped: () => false,
    });
    const done = { state: 'done', progress: 1, error: null } as const;
    return { id: randomUUID(), ...done, change, ...range, startedAt, startedBy: 'command line', result };
  });
};

const changeOf = (asked: unknown, instead: Policy | undefined): BacktestChange => {
  const parsed = BacktestChange.safeParse(asked);
  if (!parsed.success) throw new CallerError(z.prettifyError(parsed.error), 'bad-change', 422);
  return parsed.data.kind === 'policy' && instead ? { ...parsed.data, instead: instead.id } : parsed.data;
};

const storedPolicy = (tenant: string, asked: unknown): Policy => {
  const parsed = PolicyDraft.safeParse(asked);
  if (!parsed.success) throw new CallerError(`--instead: ${z.prettifyError(parsed.error)}`, 'bad-policy', 422);
  return { ...parsed.data, id: INSTEAD_ID, tenant, createdAt: 0, updatedAt: 0 };
};

/** What the changed rules ask of the raw request is looked for while it is there. */
const matcherOf = (change: BacktestChange, { matcher }: AnalysisSources): RawMatcher | undefined => {
  if (change.kind !== 'rule') return matcher;
  const raw = [change.rule, change.instead ?? '']
    .flatMap((text) => readRuleFile('rule', text).rules)
    .flatMap((rule) => RuleSet.compile([{ ...rule, enabled: true }]).rawRules);
  const found = new Map<string, RawRule>();
  for (const rule of raw) {
    const other = found.get(rule.key);
    if (other && JSON.stringify(other.condition) !== JSON.stringify(rule.condition))
      throw new CallerError(`${rule.key}: two rules of one id ask different things of the raw request, rename one`);
    found.set(rule.key, rule);
  }
  return found.size === 0 ? matcher : new RawMatcher([...found.values()], linearRegex);
};

interface Given {
  readonly tenant: string;
  readonly change: BacktestChange;
  readonly range: TimeRange;
  readonly stored: StoredLogs;
  readonly sources: AnalysisSources;
  readonly instead: Policy | undefined;
  readonly onProgress: (text: string) => void;
}

const storesOf = async (given: Given): Promise<BacktestStores> => {
  const { tenant, stored, sources, change, instead } = given;
  const alerts = change.kind === 'policy' ? await alertsOf(given) : [];
  const document = { id: INSTEAD_ID, tenant, title: 'given', gateway: '', service: '', importedAt: 0, importedBy: '' };
  const { endpoints } = sources;
  return {
    events: eventsOf(stored),
    alerts: { list: async (query) => pageOf(alerts, query) },
    policies: { list: async () => (instead ? [instead] : []), guardRails: async () => DEFAULT_GUARD_RAILS },
    controls: { overrides: async () => [], exceptions: async () => [] },
    endpoints: { documents: async () => (endpoints.length === 0 ? [] : [{ ...document, endpoints }]) },
  };
};

/** The events with the templates that were learned of all. What rows cannot tell yet must not be left out by them. */
const eventsOf = ({ store, templates }: StoredLogs): BacktestStores['events'] => ({
  async *replay(query) {
    const { where: _where, crowd: _crowd, ...all } = query;
    const asked = templates.isEmpty ? query : all;
    for await (const chunk of store.replay(asked)) yield chunk.map((event) => templates.applied(event));
  },
  replayCount: (query) => {
    const { where: _where, crowd: _crowd, ...all } = query;
    return store.replayCount(templates.isEmpty ? query : all);
  },
  minuteCounts: (query) => store.minuteCounts(query),
});

/** What `outrider analyze` would have found, newest first. */
const alertsOf = async ({ tenant, range, stored, sources, onProgress }: Given): Promise<readonly Alert[]> => {
  const { rules, documents } = sources;
  const { store, templates, counts } = stored;
  const detection = new OfflineDetection(store, {
    rules,
    documents,
    templates,
    onProgress: ({ events }) => onProgress(`detecting ${Math.floor((100 * events) / counts.stored)} %`),
  });
  const { alerts } = await detection.run(store.replay({ tenant, range, chunk: REPLAY_CHUNK }));
  return [...alerts].sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1));
};

const pageOf = (alerts: readonly Alert[], { limit, after }: AlertQuery): readonly Alert[] => {
  const from = after === undefined ? 0 : alerts.findIndex(({ id }) => id === after.id) + 1;
  return alerts.slice(from, from + limit);
};
