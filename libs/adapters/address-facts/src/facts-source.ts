import type { FactsRecord } from './facts-record.ts';

/** The content of one database in use. `find` may throw on a damaged one. */
export interface FactsSource {
  readonly kind: 'mmdb' | 'csv';
  /** Ranges (CSV) or nodes of the tree (MMDB). */
  readonly entries: number;
  readonly refused: number;
  /** When the database was built, where it says so. */
  readonly contentAt: Date | undefined;
  /** The same address as text and as words. */
  find(ip: string, words: readonly number[]): FactsRecord | undefined;
}
