import type { BaselineChart, BaselineChartQuery } from '@outrider/contracts/http/baselines';
import { ALERT_P, CHART_P, LOOK_BACK_MS, STEP_MS, type BaselineKind } from '@outrider/domain/baseline/baseline';
import { untaughtTime, type AlertedTime } from '@outrider/domain/baseline/baseline-control';
import { borrowFrom } from '@outrider/domain/baseline/borrowed-baseline';
import { parseCallerEndpoint } from '@outrider/domain/baseline/caller-endpoint';
import { bandAt, type LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import type { BaselineQuery, BaselineStore, CallerKind } from '@outrider/ports/baseline-store';
import type { Clock } from '@outrider/ports/clock';
import type { EntityFinder } from '../entities/entity-finder.ts';
import { InvalidInput } from '../http/problem.ts';
import { DAY_MS, rangeOf } from '../paging/time-range.ts';

const DEFAULT_RANGE_MS = DAY_MS;
const MAX_POINTS = 2_500;
const MAX_ALERTS = 200;
const MAX_PEERS = 50;
const PEER_LOOK_BACK_MS = 28 * DAY_MS;

export interface BaselineReaderParts {
  readonly baselines: BaselineStore;
  readonly controls: BaselineControlStore;
  readonly alerts: AlertStore;
  readonly finder: EntityFinder;
  readonly clock: Clock;
}

/** Observed against expected for one entity; a newcomer's expectation is borrowed from its peers. */
export class BaselineReader {
  constructor(private readonly parts: BaselineReaderParts) {}

  async chart(tenant: string, query: BaselineChartQuery): Promise<BaselineChart> {
    checkAsked(query);
    const { kind, metric, step } = query;
    const range = rangeOf(query, this.parts.clock.now(), DEFAULT_RANGE_MS);
    if ((range.to - range.from) / STEP_MS[step] > MAX_POINTS)
      throw new InvalidInput([{ path: 'from', message: `at most ${MAX_POINTS} windows of ${step} at once` }]);
    const id = await this.idOf(tenant, kind, query.id);
    const at = range.from;
    const about = { tenant, kind, metric, step, at };
    const { excluded, since } = await this.#untaught(about, id);
    const [learned, observed] = await Promise.all([
      this.parts.baselines.baselines({ ...about, ids: [id], excluded, since }),
      this.parts.baselines.observed({ tenant, kind, id, metric, step, range }),
    ]);
    const baseline = await this.#withPeers(about, learned);
    const p = query.band === 'alert' ? ALERT_P : CHART_P;
    return {
      ...{ kind, id, metric, step, learnedAt: at },
      ...{ warmUp: baseline.warmUp, n: baseline.n, days: baseline.days, p999: baseline.p999, max: baseline.max },
      group: baseline.group,
      excluded: [...(excluded.get(id) ?? [])],
      points: observed.map((point) => ({
        at: point.at,
        observed: point.value,
        ...bandAt(baseline, point.at, p, point.requests),
      })),
    };
  }

  /** The id that a text means. */
  async idOf(tenant: string, kind: BaselineKind, text: string): Promise<string> {
    return isCallerKind(kind) ? (await this.parts.finder.find(tenant, kind, text)).entity.id : text;
  }

  async #untaught(about: Omit<BaselineQuery, 'ids'>, id: string): Promise<ReturnType<typeof untaughtTime>> {
    const { tenant, kind, at, step } = about;
    const from = at - LOOK_BACK_MS[step];
    const [controls, alerts] = await Promise.all([
      this.parts.controls.about({ tenant, kind, ids: [id], since: from }),
      this.parts.alerts.list({ tenant, entity: alertedEntity(kind, id), range: { from, to: at }, limit: MAX_ALERTS }),
    ]);
    const alerted = alerts.map(({ firstSeenAt, lastSeenAt }): AlertedTime => {
      return { entityId: id, from: firstSeenAt, to: lastSeenAt };
    });
    return untaughtTime(controls, alerted);
  }

  async #withPeers(about: Omit<BaselineQuery, 'ids'>, [own]: readonly LearnedBaseline[]): Promise<LearnedBaseline> {
    if (!own) throw new RangeError('a baseline is missing in the answer');
    const { kind, tenant, at } = about;
    if (own.warmUp !== 'learning' || !isCallerKind(kind)) return own;
    const caller = { kind, id: own.id };
    const group = await this.parts.baselines.peersOf({
      tenant,
      caller,
      since: at - PEER_LOOK_BACK_MS,
      limit: MAX_PEERS,
    });
    if (group.peers.length === 0) return own;
    const ids = group.peers.map((peer) => peer.id);
    return borrowFrom(own, await this.parts.baselines.baselines({ ...about, ids }), group);
  }
}

const isCallerKind = (kind: BaselineKind): kind is CallerKind =>
  kind === 'consumer' || kind === 'credential' || kind === 'ip';

const checkAsked = ({ kind, id, metric, step }: BaselineChartQuery): void => {
  const issues: { path: string; message: string }[] = [];
  if (step === '5m' && (metric !== 'requests' || kind === 'caller-endpoint'))
    issues.push({
      path: 'step',
      message: 'only requests are known by five minutes, and not of a caller at an endpoint: 1h',
    });
  if (metric === 'endpoints' && (kind === 'endpoint' || kind === 'caller-endpoint'))
    issues.push({ path: 'metric', message: 'an endpoint has no endpoints' });
  if (kind === 'caller-endpoint' && !parseCallerEndpoint(id))
    issues.push({ path: 'id', message: 'of a caller-endpoint: consumer:<id> <endpoint id>' });
  if (issues.length > 0) throw new InvalidInput(issues);
};

/** Time under an alert on the caller does not teach what it does at an endpoint either. */
const alertedEntity = (kind: BaselineKind, id: string): Pick<Entity, 'kind' | 'id'> => {
  if (kind !== 'caller-endpoint') return { kind, id };
  const caller = parseCallerEndpoint(id);
  return caller ? { kind: caller.callerKind, id: caller.callerId } : { kind: 'consumer', id };
};
