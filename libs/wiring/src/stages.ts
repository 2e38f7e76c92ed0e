import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { CollectAddresses, CollectService } from '@outrider/collect/collect.service';
import type { DetectionRuntime } from '@outrider/detect/detection-runtime';
import type { HealthCheck } from '@outrider/serve/serve-options';
import type { Composition } from './composition.ts';
import type { Ground } from './engines/ground.ts';
import { EnginesModule, type Engines } from './engines.module.ts';
import { collectOptions, detectOptions } from './stage-options.ts';
import { VERSION } from './version.ts';

@Module({})
class ProcessModule {}

@Module({})
class RulesModule {}

/** The stages of one process, loaded: only those that it runs. */
export interface Stages {
  readonly module: DynamicModule;
  adapter(): FastifyAdapter;
  /** What the API needs of the application, where there is one. */
  configure(app: NestFastifyApplication): void;
  /** Called once the application has been made of the module. */
  made(app: INestApplication): void;
  /** Where the collector listens; nothing without one. */
  collecting(): CollectAddresses;
  /** Partitions that wait until detection knows again what it knew before the start; 0 without a detect stage. */
  relearning(): number;
}

export const loadStages = async (
  composition: Composition,
  ground: Ground,
  engines: Engines,
  health: readonly HealthCheck[],
): Promise<Stages> => {
  const { gateways, keys, collect, detect, respond, serve } = composition;
  const rulesDir = composition.process.RULES_DIR;
  const imports: (DynamicModule | Type)[] = [EnginesModule.register(ground, engines)];
  const collector: { service?: CollectService } = {};
  const detection: { runtime?: DetectionRuntime } = {};
  const found: ((app: INestApplication) => void)[] = [];
  if (collect) {
    const { CollectModule } = await import('@outrider/collect/collect.module');
    const { CollectService: token } = await import('@outrider/collect/collect.service');
    if (rulesDir !== undefined) imports.push(await rawRules(rulesDir, ground));
    imports.push(CollectModule.register(collectOptions(gateways, keys, collect, engines.addressFacts)));
    found.push((app) => void (collector.service = app.get(token)));
  }
  if (detect)
    imports.push(
      (await import('@outrider/detect/detect.module')).DetectModule.register(detectOptions(detect, rulesDir)),
    );
  if (detect) {
    const { DetectionRuntime: token } = await import('@outrider/detect/detection-runtime');
    found.push((app) => void (detection.runtime = app.get(token)));
  }
  if (detect) imports.push((await import('@outrider/discover/discover.module')).DiscoverModule.register({}));
  if (respond) imports.push(...(await responding(respond)));
  const http = serve ? await import('@outrider/serve/http/configure-http') : undefined;
  if (serve) {
    const { ServeModule } = await import('@outrider/serve/serve.module');
    imports.push(
      (await import('@outrider/detect/explain/detector-guide.module')).DetectorGuideModule.register({ rulesDir }),
    );
    imports.push((await import('@outrider/detect/backtest/backtest.module')).BacktestModule.register());
    const sources = () => collector.service?.status() ?? [];
    imports.push(ServeModule.register({ version: VERSION, publicMetrics: serve.METRICS_PUBLIC, health, sources }));
  }
  return {
    module: { module: ProcessModule, imports },
    adapter: () => http?.createHttpAdapter() ?? new FastifyAdapter(),
    configure: (app) => void http?.configureHttp(app),
    made: (app) => found.forEach((find) => find(app)),
    relearning: () => detection.runtime?.ingest.rebuilding ?? 0,
    collecting: () => collector.service?.addresses ?? { gateways: {} },
  };
};

/** What collect must look for in the raw request, because nobody sees it later. */
const rawRules = async (rulesDir: string, ground: Ground): Promise<DynamicModule> => {
  const [{ RawMatcher }, { WatchedRawRules }] = await Promise.all([
    import('@outrider/collect/signals/raw-matcher'),
    import('./engines/watch-raw-rules.ts'),
  ]);
  const rules = new WatchedRawRules(rulesDir, ground.log);
  await rules.start();
  ground.lifecycle.adopt({ name: 'raw rules', stop: () => rules.stop() });
  return {
    module: RulesModule,
    global: true,
    providers: [{ provide: RawMatcher, useValue: rules }],
    exports: [RawMatcher],
  };
};

const responding = async (settings: NonNullable<Composition['respond']>): Promise<DynamicModule[]> => {
  const [{ EvaluateModule }, { RespondModule }] = await Promise.all([
    import('@outrider/evaluate/evaluate.module'),
    import('@outrider/respond/respond.module'),
  ]);
  const retentionDays = {
    audit: settings.RETENTION_AUDIT_DAYS,
    deliveries: settings.RETENTION_DELIVERIES_DAYS,
    enforcements: settings.RETENTION_ENFORCEMENTS_DAYS,
    alerts: settings.RETENTION_ALERTS_DAYS,
  };
  const foldNoticesMs = settings.NOTICES_FOLD_MINUTES * 60_000;
  return [
    EvaluateModule.register({ allowPrivateAddresses: false, foldNoticesMs }),
    RespondModule.register({ retentionDays }),
  ];
};
