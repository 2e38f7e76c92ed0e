import type { Alert } from '@outrider/domain/detection/alert';
import type { BacktestChange, BacktestRequest, BacktestResult } from '@outrider/domain/detection/backtest';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import { CallerError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { DetectionControlStore } from '@outrider/ports/detection-control-store';
import type { EndpointStore } from '@outrider/ports/endpoint-store';
import type { EventStore, TimeRange } from '@outrider/ports/event-store';
import type { PolicyStore } from '@outrider/ports/response-store';
import { OfflineRun } from '../offline/offline-run.ts';
import { Turns } from '../offline/turns.ts';
import type { DetectSettings } from '../settings.ts';
import { compareAlerts } from './compare-alerts.ts';
import { planRun } from './planned-backtest.ts';
import type { InForce, PlannedRun } from './planned-run.ts';
import { triedPolicies } from './tried-policies.ts';

/** Events that are read at once. */
const CHUNK = 200;
/** Events between two looks at the clock: the process answers others meanwhile. */
const PIECE = 20;
/** About what one query gives: it is sorted in memory, and its time is bounded. */
const SLICE_EVENTS = 200_000;
const ALERT_PAGE = 500;
/** Alerts that a policy is held against, the newest. */
const MAX_ALERTS = 20_000;
const MAX_EXCEPTIONS = 1_000;

export interface BacktestStores {
  readonly events: Pick<EventStore, 'replay' | 'replayCount' | 'minuteCounts'>;
  readonly alerts: Pick<AlertStore, 'list'>;
  readonly policies: Pick<PolicyStore, 'list' | 'guardRails'>;
  readonly controls: Pick<DetectionControlStore, 'overrides' | 'exceptions'>;
  readonly endpoints: Pick<EndpointStore, 'documents'>;
}

export interface BacktestWatch {
  /** 0 … 1. */
  readonly onProgress: (part: number) => void;
  readonly isStopped: () => boolean;
}

interface Outcome {
  readonly before: readonly Alert[];
  readonly after: readonly Alert[];
  readonly counts: Pick<BacktestResult, 'events' | 'run' | 'oneCallerIn'>;
  readonly notes: readonly string[];
}

/** CallerError when the change cannot be tried, or `isStopped`. */
export const runBacktest = async (
  tenant: string,
  request: BacktestRequest,
  settings: DetectSettings,
  stores: BacktestStores,
  watch: BacktestWatch,
): Promise<BacktestResult> => {
  const began = performance.now();
  const [policies, rails] = await Promise.all([stores.policies.list(tenant), stores.policies.guardRails(tenant)]);
  const { change } = request;
  const tried = change.kind === 'policy' ? triedPolicies(tenant, change, policies) : { policies, notes: [] };
  const { before, after, counts, notes } =
    change.kind === 'policy'
      ? await overAlerts(tenant, request, stores, watch)
      : await overEvents(tenant, request, change, { settings, controls: await decided(tenant, stores) }, stores, watch);
  const compared = compareAlerts({ alerts: before, policies }, { alerts: after, policies: tried.policies }, rails);
  const all = [...notes, ...tried.notes, ...compared.notes];
  return { ...counts, ...compared, notes: all, seconds: Math.round(performance.now() - began) / 1_000 };
};

/** What people of the tenant decided about detectors. */
export const decided = async (tenant: string, { controls }: Pick<BacktestStores, 'controls'>): Promise<AllControls> => {
  const [overrides, exceptions] = await Promise.all([
    controls.overrides(tenant),
    controls.exceptions({ tenant, limit: MAX_EXCEPTIONS }),
  ]);
  return {
    overrides: overrides.map((one) => ({ ...one, tenant })),
    exceptions: exceptions.map((one) => ({ ...one, tenant })),
  };
};

const overEvents = async (
  tenant: string,
  { range, maxEvents }: BacktestRequest,
  change: Exclude<BacktestChange, { kind: 'policy' }>,
  inForce: InForce,
  stores: BacktestStores,
  { onProgress, isStopped }: BacktestWatch,
): Promise<Outcome> => {
  const plan = planRun(change, inForce);
  const documents = new DocumentIndex(new Map([[tenant, await stores.endpoints.documents(tenant)]]));
  const query = { tenant, range, ...plan.events };
  const events = await stores.events.replayCount(query);
  const oneCallerIn = Math.max(1, Math.ceil(events / (maxEvents ?? plan.defaultMaxEvents)));
  const before = plan.before && new OfflineRun(stores.events, { ...plan.before, documents });
  const after = new OfflineRun(stores.events, { ...plan.after, documents });
  const expected = Math.max(1, events / oneCallerIn);
  const turns = new Turns();
  for (const slice of slicesOf(range, Math.ceil(expected / SLICE_EVENTS)))
    for await (const chunk of stores.events.replay({ ...query, range: slice, oneCallerIn, chunk: CHUNK })) {
      if (isStopped()) throw new CallerError('the process was stopped before it was done', 'stopping');
      for (let i = 0; i < chunk.length; i += PIECE) {
        const piece = chunk.slice(i, i + PIECE);
        await before?.take(piece);
        await after.take(piece);
        await turns.breathe();
      }
      onProgress(Math.min(0.99, after.events / expected));
    }
  await before?.end();
  await after.end();
  const concerned = (run: OfflineRun | undefined): readonly Alert[] => (run?.alerts() ?? []).filter(plan.concerns);
  const counts = { events, run: after.events, oneCallerIn };
  return { before: concerned(before), after: concerned(after), counts, notes: notesOf(plan, counts) };
};

const slicesOf = ({ from, to }: TimeRange, n: number): readonly TimeRange[] => {
  const at = (i: number): number => from + Math.floor(((to - from) * i) / n);
  return Array.from({ length: n }, (_, i) => ({ from: at(i), to: at(i + 1) }));
};

const notesOf = (plan: PlannedRun, { oneCallerIn }: Outcome['counts']): readonly string[] =>
  oneCallerIn === 1
    ? plan.notes
    : [
        `about every ${oneCallerIn}${ordinal(oneCallerIn)} caller was looked at: numbers are as found, not scaled up`,
        ...plan.notes,
        ...plan.sampledNotes,
      ];

const ordinal = (n: number): string =>
  n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');

/** A policy is held against the alerts that there were. */
const overAlerts = async (
  tenant: string,
  { range }: BacktestRequest,
  { alerts: store }: BacktestStores,
  { isStopped }: BacktestWatch,
): Promise<Outcome> => {
  const alerts: Alert[] = [];
  for (let full = true; full && alerts.length < MAX_ALERTS && !isStopped();) {
    const last = alerts.at(-1);
    const after = last ? { after: { openedAt: last.openedAt, id: last.id } } : {};
    const page = await store.list({ tenant, range, limit: ALERT_PAGE, ...after });
    alerts.push(...page);
    full = page.length === ALERT_PAGE;
  }
  const notes = alerts.length < MAX_ALERTS ? [] : [`only the newest ${MAX_ALERTS} alerts of the range were looked at`];
  return { before: alerts, after: alerts, counts: { events: 0, run: 0, oneCallerIn: 1 }, notes };
};
