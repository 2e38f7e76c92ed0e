import { Module, type DynamicModule } from '@nestjs/common';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { AlertStore } from '@outrider/ports/alert-store';
import { BaselineControlStore } from '@outrider/ports/baseline-control-store';
import { Clock } from '@outrider/ports/clock';
import { DetectorGuide, EventExplainer } from '@outrider/ports/detector-guide';
import { EndpointStore } from '@outrider/ports/endpoint-store';
import { EventStore } from '@outrider/ports/event-store';
import { StoredBaselines } from '../baseline/baseline-source.ts';
import { CatalogueGuide } from '../controls/catalogue-guide.ts';
import { liveTeachingTimes } from '../controls/teaching-refresh.ts';
import type { Rule } from '../rules/rule.ts';
import { RuleFolder } from '../rules/rule-folder.ts';
import { DetectSettings } from '../settings.ts';
import { StoredExplainer } from './stored-explainer.ts';
import { TenantKnowledge } from './tenant-knowledge.ts';

export interface DetectorGuideOptions {
  /** As the processes that detect have them. */
  readonly settings?: DetectSettings;
  /** Folder of the users' rules; none when undefined. */
  readonly rulesDir?: string | undefined;
}

/** What the API needs to know of the detectors: global, so that it need not know this stage. */
@Module({})
export class DetectorGuideModule {
  static register({ settings = DetectSettings.parse({}), rulesDir }: DetectorGuideOptions = {}): DynamicModule {
    return {
      module: DetectorGuideModule,
      global: true,
      providers: [
        { provide: DetectorGuide, useFactory: () => new CatalogueGuide(settings) },
        {
          provide: EventExplainer,
          useFactory: (
            events: EventStore,
            alerts: AlertStore,
            endpoints: EndpointStore,
            clock: Clock,
            log: Logger,
            lifecycle: Lifecycle,
            store?: BaselineControlStore,
          ) => {
            const rules = rulesDir === undefined ? () => [] : watchedRules(rulesDir, lifecycle);
            const teaching = liveTeachingTimes('explain: teaching times', { store, clock, log, lifecycle });
            const baselines = new StoredBaselines(events, alerts, teaching);
            const knowledge = new TenantKnowledge(endpoints, (error) =>
              log.warn(
                { err: error },
                'learned templates could not be read, events are explained with those of before',
              ),
            );
            return new StoredExplainer({ settings, baselines, teaching, rules, knowledge });
          },
          inject: [
            EventStore,
            AlertStore,
            EndpointStore,
            Clock,
            'outrider.logger',
            Lifecycle,
            { token: BaselineControlStore, optional: true },
          ],
        },
      ],
      exports: [DetectorGuide, EventExplainer],
    };
  }
}

/** Problems of files are told by the process that detects. */
const watchedRules = (dir: string, lifecycle: Lifecycle): (() => readonly Rule[]) => {
  const folder = new RuleFolder({ dir, onChange: () => undefined });
  lifecycle.add({ name: 'explain: rules', phase: 'workers', start: () => folder.start(), stop: () => folder.stop() });
  return () => folder.loaded.rules;
};
