import { sharersOf } from '@outrider/domain/gateway/own-plugin';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import { answersBefore, routesWithoutConsumer } from '../../plan/coverage-gaps.ts';
import { mergePlans } from '../../plan/plan.ts';
import { planSlot, planUndo, type PenaltyRule } from '../../plan/slot-plan.ts';
import { consumerSlots, HTTP_PROTOCOLS } from '../consumer-slots.ts';
import { actionOf, type ResponseAction } from '../action.ts';

/** Without a trigger header it ends every request that reaches it. */
const letsThrough = (plugin: GatewayPlugin): boolean => typeof plugin.config['trigger'] === 'string';

export const terminationRule: PenaltyRule = {
  plugin: 'request-termination',
  groups: {
    enabled: ['enabled'],
    protocols: ['protocols'],
    status: ['status_code'],
    answer: ['message', 'body', 'content_type', 'echo'],
    trigger: ['trigger'],
  },
  fields: (_before, active) => {
    const oldest = active[0];
    if (!oldest) throw new Error('a slot without an enforcement');
    const { status, message } = actionOf(oldest, 'block-consumer');
    return {
      enabled: true,
      protocols: HTTP_PROTOCOLS,
      status_code: status,
      message,
      body: null,
      content_type: null,
      echo: false,
      trigger: null,
    };
  },
  shares: (record, other) => other.action.kind === 'block-consumer' && other.entity.id === record.entity.id,
};

/**
 * Ends every request of one consumer with a status of our choice. A termination that the operator has for the consumer is saved, replaced
 * in place and restored; narrower ones that outrank it are replaced too where they would let requests through.
 */
export const blockConsumer: ResponseAction = {
  kind: 'block-consumer',
  needs: ['consumer'],
  touches: ['request-termination'],
  undoneBy: 'Deletes the plugin that was made, or restores the operator’s own as it stood before.',
  example: { kind: 'block-consumer', durationSeconds: 600, status: 403, message: 'Blocked for abuse' },
  plan: (input) => {
    const slots = consumerSlots('request-termination', input, letsThrough);
    const plans = slots.map((slot) => planSlot(terminationRule, slot.scope, slot.madeId, input, slot.optional));
    const gaps = [...routesWithoutConsumer(input.state, 'block'), ...answersBefore(input.state, 'request-termination')];
    return mergePlans([...plans, { writes: [], originals: {}, gaps }]);
  },
  undo: (input) => planUndo(terminationRule, input),
  isThere: ({ state, record }) => state.plugins.some((plugin) => sharersOf(plugin).includes(record.id)),
};
