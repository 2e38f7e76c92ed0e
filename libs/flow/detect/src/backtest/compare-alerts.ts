import type { Alert } from '@outrider/domain/detection/alert';
import {
  MAX_BACKTEST_SHOWN,
  type BacktestAlert,
  type BacktestBlock,
  type BacktestResult,
} from '@outrider/domain/detection/backtest';
import { entityKey } from '@outrider/domain/traffic/entity';
import type { GuardRails } from '@outrider/domain/response/guard-rails';
import { blocksOf, type Governed } from './standing-blocks.ts';

type Differences = Pick<BacktestResult, 'alerts' | 'blocks' | 'consumersHit' | 'consumersFreed' | 'notes'>;

/** What a change would have made different: alerts by type and entity, and what policies would have done about them. */
export const compareAlerts = (before: Governed, after: Governed, rails: GuardRails): Differences => {
  const had = blocksOf(before, rails);
  const has = blocksOf(after, rails);
  const consumersBefore = consumersOf(had.blocks);
  const consumersAfter = consumersOf(has.blocks);
  const told = { before: before.alerts.map(shownAlert), after: after.alerts.map(shownAlert) };
  return {
    alerts: differences(told.before, told.after, alertKey, ({ detectedAt }) => detectedAt),
    blocks: differences(had.blocks, has.blocks, blockKey, ({ from }) => from),
    consumersHit: countMissing(consumersAfter, consumersBefore),
    consumersFreed: countMissing(consumersBefore, consumersAfter),
    notes: [
      ...(rails.killSwitch ? ['the kill switch is on: no policy would have blocked anybody'] : []),
      ...(rails.simulateAll ? ['everything is only simulated: no policy would have blocked anybody'] : []),
      ...(has.overCap > 0
        ? [`${has.overCap} further blocks would have been over the cap of ${rails.capPerHour} an hour`]
        : []),
    ],
  };
};

const alertKey = ({ type, entity }: BacktestAlert): string => `${type}|${entityKey(entity)}`;
const blockKey = ({ action, entity }: BacktestBlock): string => `${action}|${entityKey(entity)}`;

const shownAlert = ({ type, entity, severity, detectedAt, lastSeenAt, explanation }: Alert): BacktestAlert => ({
  type,
  entity,
  severity,
  detectedAt,
  lastSeenAt,
  explanation,
});

const consumersOf = (blocks: readonly BacktestBlock[]): ReadonlySet<string> =>
  new Set(blocks.filter(({ entity }) => entity.kind === 'consumer').map(({ entity }) => entity.id));

const countMissing = (all: ReadonlySet<string>, from: ReadonlySet<string>): number =>
  [...all].filter((one) => !from.has(one)).length;

const differences = <T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (one: T) => string,
  timeOf: (one: T) => number,
) => {
  const missing = (all: readonly T[], other: readonly T[]): T[] => {
    const keys = new Set(other.map(keyOf));
    return all.filter((one) => !keys.has(keyOf(one))).sort((a, b) => timeOf(b) - timeOf(a));
  };
  const gained = missing(after, before);
  const lost = missing(before, after);
  return {
    before: before.length,
    after: after.length,
    gainedCount: gained.length,
    lostCount: lost.length,
    gained: gained.slice(0, MAX_BACKTEST_SHOWN),
    lost: lost.slice(0, MAX_BACKTEST_SHOWN),
  };
};
