import type { Finding } from '@outrider/domain/detection/alert';
import { anEnforcement } from '@outrider/domain/response/testing';
import { GatewayConfigChangeSettings } from '@outrider/detect/detectors/gateway-config-change/gateway-config-change.settings';
import { GatewayWatch } from '@outrider/detect/gateway-watch/gateway-watch';
import { aGateway, BLOCK_ID, BOB_ID, type AdminCall } from '@outrider/detect/gateway-watch/testing/gateway-scenarios';
import { WatchMetrics } from '@outrider/detect/gateway-watch/watch-metrics';
import { KongGateways } from '@outrider/kong/kong-gateways';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import type { Postgres } from '@outrider/postgres/open-postgres';
import type * as z from 'zod';

const AT = Date.UTC(2026, 0, 5, 12);

/** A gateway of kong-sim, watched as a leader does it, round by round and with a clock of its own. */
export class WatchedGateway {
  readonly metrics = new Metrics();
  readonly told: Finding[] = [];
  now = AT;
  live: EnforcementRecord[];
  /** What people decided. */
  passes: (finding: Finding) => boolean = () => true;
  /** Happens between what looks weaker and the second look at it. */
  settling: (() => Promise<void>) | undefined;
  #watch: GatewayWatch;

  private constructor(
    readonly sim: KongSim,
    readonly tenant: string,
    readonly gateways: KongGateways,
    private readonly stores: Postgres,
    private readonly settings: z.input<typeof GatewayConfigChangeSettings>,
  ) {
    this.live = [
      {
        ...anEnforcement({
          id: BLOCK_ID,
          tenant,
          state: 'effective',
          entity: { kind: 'consumer', id: BOB_ID, name: 'bob' },
          appliedAt: AT - 60_000,
        }),
        saved: null,
        revision: 1,
      },
    ];
    this.#watch = this.#made();
  }

  static async start(
    tenant: string,
    stores: Postgres,
    settings: z.input<typeof GatewayConfigChangeSettings> = {},
    options: Parameters<typeof startKongSim>[0] = {},
    seeded = true,
  ): Promise<WatchedGateway> {
    const sim = await startKongSim({ propagationMs: 0, ...options });
    if (seeded) sim.seed(aGateway(sim.upstreamUrl) as Parameters<KongSim['seed']>[0]);
    const gateways = new KongGateways([{ id: 'default', tenant, adminUrl: sim.adminUrl, propagationMs: 0 }]);
    return new WatchedGateway(sim, tenant, gateways, stores, {
      settleSeconds: 0,
      groupsEveryLooks: 1,
      ...settings,
    });
  }

  /** Another process takes over: all that it knows is what is stored. */
  restart(): void {
    this.#watch = this.#made();
  }

  /** The next look, a minute later; what it told. */
  async look(): Promise<readonly Finding[]> {
    this.now += 60_000;
    const before = this.told.length;
    await this.#watch.round(new AbortController().signal);
    return this.told.slice(before);
  }

  async call({ method, path, body }: AdminCall): Promise<void> {
    const response = await fetch(`${this.sim.adminUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  async stop(): Promise<void> {
    this.gateways.close();
    await this.sim.stop();
  }

  #made(): GatewayWatch {
    return new GatewayWatch({
      gateways: this.gateways,
      snapshots: this.stores.gatewaySnapshots,
      enforcements: {
        live: async () => {
          await this.settling?.();
          this.settling = undefined;
          return this.live;
        },
      },
      alerts: this.stores.alerts,
      settings: GatewayConfigChangeSettings.parse(this.settings),
      clock: { now: () => this.now },
      log: createLogger({ name: 'spec', level: 'silent', pretty: false }),
      metrics: new WatchMetrics(this.metrics),
      tell: async (finding) => {
        if (!this.passes(finding)) return false;
        this.told.push(finding);
        return true;
      },
    });
  }
}
