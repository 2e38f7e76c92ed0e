import type { Alert } from '@outrider/domain/detection/alert';
import type { BacktestBlock } from '@outrider/domain/detection/backtest';
import { decide } from '@outrider/domain/response/decide';
import type { GuardRails } from '@outrider/domain/response/guard-rails';
import type { Policy } from '@outrider/domain/response/policy';
import { entityKey } from '@outrider/domain/traffic/entity';

const HOUR_MS = 3_600_000;

export interface Governed {
  readonly alerts: readonly Alert[];
  readonly policies: readonly Policy[];
}

/**
 * What the policies would have done, one for each action and entity: the first. Each alert is decided as if it had just been opened, for a
 * resolved one asks for nothing. `overCap`: how many of them the cap of an hour would have stopped.
 */
export const blocksOf = (
  { alerts, policies }: Governed,
  rails: GuardRails,
): { readonly blocks: readonly BacktestBlock[]; readonly overCap: number } => {
  const first = new Map<string, BacktestBlock>();
  for (const alert of alerts)
    for (const block of blocksFor(alert, policies, rails)) {
      const key = `${block.action}|${entityKey(block.entity)}`;
      const known = first.get(key);
      if (!known || known.from > block.from) first.set(key, block);
    }
  const all = [...first.values()].sort((a, b) => a.from - b.from);
  const blocks = withinCap(all, rails.capPerHour);
  return { blocks, overCap: all.length - blocks.length };
};

const blocksFor = (alert: Alert, policies: readonly Policy[], rails: GuardRails): BacktestBlock[] =>
  decide({ ...alert, state: 'open' }, policies, rails).flatMap(({ action, outcome, policy }) =>
    action.kind === 'notify' || outcome !== 'act'
      ? []
      : [
          {
            policy: policy.name,
            action: action.kind,
            entity: alert.entity,
            type: alert.type,
            severity: alert.severity,
            from: alert.detectedAt,
            until: action.durationSeconds === null ? null : alert.detectedAt + action.durationSeconds * 1_000,
          },
        ],
  );

/** In order of time: at most so many begin within any hour. */
const withinCap = (blocks: readonly BacktestBlock[], capPerHour: number): BacktestBlock[] => {
  const begun: BacktestBlock[] = [];
  for (const block of blocks) {
    const inHour = begun.length < capPerHour ? undefined : begun[begun.length - capPerHour];
    if (capPerHour > 0 && (inHour === undefined || inHour.from <= block.from - HOUR_MS)) begun.push(block);
  }
  return begun;
};
