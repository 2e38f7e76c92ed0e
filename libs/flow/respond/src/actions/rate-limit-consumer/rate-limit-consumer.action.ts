import { isOurs, sharersOf } from '@outrider/domain/gateway/own-plugin';
import type { GatewayPlugin, PluginScope } from '@outrider/ports/gateway-admin';
import { routesWithoutConsumer } from '../../plan/coverage-gaps.ts';
import { mergePlans, type GatewayState } from '../../plan/plan.ts';
import { isRouteAndService } from '../../plan/plugin-scope.ts';
import { planSlot, planUndo, type PenaltyRule } from '../../plan/slot-plan.ts';
import { consumerSlots, HTTP_PROTOCOLS } from '../consumer-slots.ts';
import { actionOf, type ResponseAction } from '../action.ts';
import { limitsOf, PERIODS, tightest } from './effective-limits.ts';

const NAME = 'rate-limiting';

/** The plugins of everybody whose place ours takes for the consumer. */
const replacedBy = (scope: PluginScope, state: GatewayState): readonly GatewayPlugin[] =>
  state.plugins.filter((plugin) => {
    if (plugin.name !== NAME || !plugin.enabled || plugin.consumer !== null) return false;
    if (isRouteAndService(plugin)) return scope.route !== null && plugin.route?.id === scope.route.id;
    return scope.service === null;
  });

export const rateLimitRule: PenaltyRule = {
  plugin: NAME,
  groups: {
    enabled: ['enabled'],
    protocols: ['protocols'],
    limits: [...PERIODS],
    identity: ['limit_by', 'header_name', 'path'],
  },
  fields: (before, active, scope, state) => {
    const asked = active.map((record) => actionOf(record, 'rate-limit-consumer').limits);
    const stood = [...replacedBy(scope, state), ...(before?.enabled ? [before] : [])].map(limitsOf);
    const limits = tightest([...asked, ...stood]);
    return {
      enabled: true,
      protocols: HTTP_PROTOCOLS,
      ...Object.fromEntries(PERIODS.map((period) => [period, limits[period] ?? null])),
      limit_by: 'consumer',
      header_name: null,
      path: null,
    };
  },
  // Counting per node where the replaced limit was counted for all nodes together would multiply it.
  extraConfig: (scope, state) => {
    const shared = replacedBy(scope, state).find(
      ({ config }) => config['policy'] === 'redis' || config['policy'] === 'cluster',
    );
    if (!shared) return { policy: 'local' };
    const { policy, redis, sync_rate, fault_tolerant } = shared.config;
    const flat = Object.entries(shared.config).filter(([field]) => field.startsWith('redis_'));
    const connection = policy !== 'redis' ? {} : redis === undefined ? Object.fromEntries(flat) : { redis };
    return { policy, sync_rate, fault_tolerant, ...connection };
  },
  shares: (record, other) => other.action.kind === 'rate-limit-consumer' && other.entity.id === record.entity.id,
};

/**
 * Limits one consumer. Kong puts a consumer's limit in place of those on routes, services and the whole gateway, so ours is, window by
 * window, the tightest of what the policy asks and of all that stood for the consumer.
 */
export const rateLimitConsumer: ResponseAction = {
  kind: 'rate-limit-consumer',
  needs: ['consumer'],
  touches: [NAME],
  undoneBy: 'Deletes the plugin that was made, or restores the operator’s own as it stood before.',
  example: { kind: 'rate-limit-consumer', durationSeconds: 900, limits: { minute: 10 } },
  plan: (input) => {
    const slots = consumerSlots(NAME, input, () => true);
    const plans = slots.map((slot) => planSlot(rateLimitRule, slot.scope, slot.madeId, input, slot.optional));
    const gaps = [...routesWithoutConsumer(input.state, 'limit'), ...countingGaps(slots.length, input.state)];
    return mergePlans([...plans, { writes: [], originals: {}, gaps }]);
  },
  undo: (input) => planUndo(rateLimitRule, input),
  isThere: ({ state, record }) => state.plugins.some((plugin) => sharersOf(plugin).includes(record.id)),
};

const countingGaps = (slots: number, state: GatewayState): string[] => {
  const everybodys = state.plugins.filter((p) => p.name === NAME && p.enabled && p.consumer === null && !isOurs(p));
  const local = !everybodys.some(({ config }) => config['policy'] === 'redis' || config['policy'] === 'cluster');
  return [
    ...(local
      ? ['Requests are counted on each Kong node by itself: with several nodes the limit is that many times higher.']
      : []),
    ...(slots > 1
      ? ['Routes or services with a limit of their own for this consumer are counted apart, each up to the limit.']
      : []),
  ];
};
