import { startServices } from '@outrider/services/start-services';
import type { CorpusFile } from './corpus-file.ts';
import { drain, overKafka } from './services.bench.ts';

type Row = (what: string, figure: string, beside: string) => void;

/** The rows of the table for processes apart. */
export const benchServices = async (corpus: CorpusFile, row: Row, number: (n: number) => string): Promise<void> => {
  const services = await startServices({ only: ['kafka', 'postgres', 'clickhouse-http'] });
  try {
    for (const analyzers of [1, 2]) {
      const path = await overKafka(services, corpus, analyzers);
      const { collector, analyzers: analyzer, kafka, clickhouse } = path.cpuMicros;
      row(
        `over Kafka, ${analyzers} analyzer${analyzers === 1 ? '' : 's'}: TCP to stored`,
        `${number(path.entriesPerSecond)}/s`,
        `${number(path.stored)} of ${number(corpus.entries)} stored; analyzer at most ${path.analyzerPeakMb} MB`,
      );
      row(
        'CPU an event',
        `${(collector + analyzer + kafka + clickhouse).toFixed(1)} µs`,
        `collector ${collector}, analyzers ${analyzer}, Kafka ${kafka}, ClickHouse ${clickhouse}`,
      );
    }
    for (const analyzers of [1, 2]) {
      const { eventsPerSecond } = await drain(services, corpus, analyzers);
      row(
        `working off a backlog on Kafka, ${analyzers} analyzer${analyzers === 1 ? '' : 's'}`,
        `${number(eventsPerSecond)}/s`,
        '',
      );
    }
  } finally {
    await services.stop();
  }
};
