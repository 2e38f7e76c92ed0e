import type { Severity } from '@outrider/domain/detection/alert';
import type { ScannerClass, UserAgent } from '@outrider/domain/traffic/user-agent';
import type { ScannerClientSettings } from './scanner-client.settings.ts';

export const SCANNER_CLIENT_VERSION = '1';

/** `nameless`: no user agent at all. */
export type ClientClass = 'attack' | 'load' | 'survey' | 'nameless' | undefined;

/** Headless browsers make pages and test sites; they are nobody's weapon by name. */
const CLASS_OF: Readonly<Record<ScannerClass, ClientClass>> = {
  '': undefined,
  injection: 'attack',
  'content-discovery': 'attack',
  fuzzer: 'attack',
  'vulnerability-scan': 'attack',
  'cms-scan': 'attack',
  'port-scan': 'attack',
  recon: 'attack',
  credential: 'attack',
  exploit: 'attack',
  load: 'load',
  'internet-survey': 'survey',
  headless: undefined,
};

export const classOf = (agent: UserAgent): ClientClass => (agent.kind === 'empty' ? 'nameless' : CLASS_OF[agent.tool]);

export interface ScannerView {
  readonly client: Exclude<ClientClass, undefined>;
  readonly requests: number;
  /** Different paths, the polite ones left out. */
  readonly paths: number;
  /** Requests that were answered 2xx. */
  readonly answered: number;
  /** A path that only such a tool asks for: it did not get here by chance or by a name. */
  readonly marked: boolean;
  readonly authenticated: boolean;
}

export interface ScannerVerdict {
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags what calls itself a tool for attacks, once it asks for more than a page. False positives: a test of one's own (except it), a
 * device that sends no user agent (`namelessPaths`).
 */
export const judgeScanner = (view: ScannerView, s: ScannerClientSettings): ScannerVerdict | undefined => {
  const { client, requests, paths } = view;
  switch (client) {
    case 'attack':
      if (paths < s.paths && requests < s.requests && !view.marked) return undefined;
      return {
        limit: view.marked ? 1 : s.paths,
        severity: view.authenticated || (view.answered > 0 && requests >= 2 * s.requests) ? 'high' : 'medium',
        confidence: 0.9,
      };
    case 'load':
      return requests < s.requests ? undefined : { limit: s.requests, severity: 'medium', confidence: 0.9 };
    case 'survey':
      if (paths < s.surveyPaths && (requests < s.surveyRequests || paths === 0)) return undefined;
      return { limit: s.surveyPaths, severity: 'low', confidence: 0.8 };
    case 'nameless':
      if (view.authenticated || paths < s.namelessPaths || requests < s.namelessRequests) return undefined;
      return { limit: s.namelessPaths, severity: 'low', confidence: 0.6 };
  }
};
