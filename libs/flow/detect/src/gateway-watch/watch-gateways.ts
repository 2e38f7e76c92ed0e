import type { Finding } from '@outrider/domain/detection/alert';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import type { LedLoopOptions } from '@outrider/ports/led-loop';
import type { EnforcementStore } from '@outrider/ports/response-store';
import type { AlertTracker } from '../alerts/alert-tracker.ts';
import { gatewayConfigChange } from '../detectors/gateway-config-change/gateway-config-change.definition.ts';
import { GatewayConfigChangeSettings } from '../detectors/gateway-config-change/gateway-config-change.settings.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { GATEWAY_CONFIG_CHANGE } from './config-finding.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { WatchMetrics } from './watch-metrics.ts';

export interface WatchGatewaysParts {
  readonly gateways: Gateways | undefined;
  readonly snapshots: GatewaySnapshotStore | undefined;
  readonly enforcements: EnforcementStore;
  readonly alerts: AlertStore;
  readonly settings: DetectSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracker: Pick<AlertTracker, 'claim' | 'forget'>;
  /** The alerts of the watch are the leader's, in this lane. */
  readonly lane: number;
  readonly tell: (finding: Finding) => Promise<boolean>;
}

type Watching = Pick<LedLoopOptions, 'round' | 'onResigned'> & { readonly everyMs: number };

/** The leader's watch on how the gateways are configured; undefined where there is nothing to watch, which is said once. */
export const watchGateways = (parts: WatchGatewaysParts): Watching | undefined => {
  const { gateways, snapshots, log, tracker, lane } = parts;
  // its own schema has parsed them: this only gives them their type back
  const settings = GatewayConfigChangeSettings.parse(settingsOf(parts.settings, gatewayConfigChange));
  if (!settings.enabled || !gateways || !snapshots) return undefined;
  if (!gateways.list().some(({ adminConfigured }) => adminConfigured)) {
    log.info('no Admin API is configured (KONG_ADMIN_URL): changes of the gateway configuration are not watched');
    return undefined;
  }
  const metrics = new WatchMetrics(parts.metrics);
  const watch = new GatewayWatch({ ...parts, gateways, snapshots, settings, metrics });
  let claimed = false;
  return {
    everyMs: settings.everySeconds * 1_000,
    round: async (signal) => {
      if (!claimed) await tracker.claim(({ type }) => (type === GATEWAY_CONFIG_CHANGE ? lane : undefined));
      claimed = true;
      await watch.round(signal);
    },
    onResigned: () => {
      claimed = false;
      watch.forget();
      tracker
        .forget(new Set([lane]))
        .catch((error: unknown) => log.warn({ err: error }, 'alerts could not be handed over'));
    },
  };
};
