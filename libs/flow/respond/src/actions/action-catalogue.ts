import type { KongAction } from '@outrider/domain/response/policy';
import type { ResponseAction } from './action.ts';
import { blockAddress } from './block-address/block-address.action.ts';
import { blockConsumer } from './block-consumer/block-consumer.action.ts';
import { rateLimitConsumer } from './rate-limit-consumer/rate-limit-consumer.action.ts';

/** Every way to answer through Kong. */
export const ACTIONS: Readonly<Record<KongAction['kind'], ResponseAction>> = {
  'block-consumer': blockConsumer,
  'rate-limit-consumer': rateLimitConsumer,
  'block-address': blockAddress,
};

/** All plugins that any action may write: nothing else of ours can be in Kong. */
export const TOUCHED_PLUGINS: readonly string[] = [
  ...new Set(Object.values(ACTIONS).flatMap(({ touches }) => touches)),
];
