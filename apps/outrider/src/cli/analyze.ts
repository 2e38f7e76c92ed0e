import { OfflineDetection } from '@outrider/detect/offline/offline-detection';
import type { Alert } from '@outrider/domain/detection/alert';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { Tally } from './alert-report.ts';
import { NO_SOURCES, openSources, type SourceOptions } from './analysis-sources.ts';
import { EVER, withStoredLogs, type LogProgress } from './stored-logs.ts';

export interface AnalyzeOptions {
  /** `-` is standard input. */
  readonly files: readonly string[];
  readonly gateway: GatewaySettings;
  /** Absent: nothing but the logs. */
  readonly sources?: SourceOptions;
  readonly onProgress: (progress: AnalyzeProgress) => void;
}

export type AnalyzeProgress = Omit<LogProgress, 'phase'> & { readonly phase: LogProgress['phase'] | 'detecting' };

export interface Analysis {
  readonly alerts: readonly Alert[];
  readonly tally: Tally;
}

const REPLAY_CHUNK = 10_000;

/**
 * Runs log files through collect, store and detect in event time. Everything is stored first and then read in order of time, so that neither
 * the order within a file nor that of several files matters.
 */
export const analyze = async ({ files, gateway, sources: given, onProgress }: AnalyzeOptions): Promise<Analysis> => {
  const began = performance.now();
  const sources = await openSources(given ?? NO_SOURCES, gateway.tenant);
  const { rules, documents, addresses, matcher } = sources;
  return withStoredLogs(
    { files, gateway, addresses, matcher, onProgress },
    async ({ store, templates, counts, order }) => {
      const { entries, refused, duplicates, stored } = counts;
      const detection = new OfflineDetection(store, {
        rules,
        documents,
        templates,
        found: order.findings,
        onProgress: ({ events }) => onProgress({ phase: 'detecting', part: events / Math.max(1, stored), entries }),
      });
      const { alerts } = await detection.run(store.replay({ range: EVER, chunk: REPLAY_CHUNK }));
      const seconds = Math.round(performance.now() - began) / 1000;
      return { alerts, tally: { entries, refused, duplicates, alerts: alerts.length, seconds } };
    },
  );
};
