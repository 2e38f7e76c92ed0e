import type { JsonObject } from '../../json.ts';
import type { Exchange, GatewayAnswer } from '../exchange.ts';
import type { GatewayView } from '../gateway-view.ts';

/** What a handler may ask of the gateway. */
export interface PluginWorld {
  readonly view: GatewayView;
  readonly now: () => number;
}

/** A plugin's part in the access phase; it may change the exchange, and may end it with an answer. */
export interface PluginHandler {
  readonly name: string;
  /** High runs first. */
  readonly priority: number;
  readonly access: (
    exchange: Exchange,
    config: JsonObject,
    world: PluginWorld,
    plugin: JsonObject,
  ) => GatewayAnswer | undefined;
}
