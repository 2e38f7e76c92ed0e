import { describe, expect, it } from '@jest/globals';
import type { FailureCounts } from '../../windows/failure-log.ts';
import { judgeEndpointProbing } from './endpoint-probing.detector.ts';
import { EndpointProbingSettings } from './endpoint-probing.settings.ts';

const settings = EndpointProbingSettings.parse({});
const failures = (n: number, distinct: number): FailureCounts => ({
  failures: n,
  attempts: n,
  distinct,
  remembered: Math.min(512, n),
  unmarked: 0,
});

const QUIET = {
  wordList10m: 0,
  wordList24h: 0,
  wordListKinds: 0,
  refusedWords10m: 0,
  parents: 1,
  unauthenticatedShare: 0,
  crawler: false,
  packages: false,
};

describe('endpoint-probing', () => {
  it.each<[string, FailureCounts, number, FailureCounts, number, number | undefined]>([
    ['a word list in a minute', failures(20, 20), 20, failures(20, 20), 20, 60_000],
    ['14 paths in a minute', failures(14, 14), 14, failures(14, 14), 14, undefined],
    ['200 times the same dead link', failures(200, 1), 200, failures(200, 1), 200, undefined],
    ['a few dead links again and again', failures(150, 16), 150, failures(900, 16), 900, undefined],
    ['50 paths in ten minutes', failures(5, 5), 5, failures(50, 50), 50, 600_000],
    ['dead assets among good requests', failures(16, 16), 100, failures(16, 16), 100, undefined],
    ['a long list beside ordinary traffic', failures(40, 40), 100, failures(40, 40), 100, 60_000],
  ])('%s', (_name, in60s, requests60s, in10m, requests10m, windowMs) => {
    expect(judgeEndpointProbing({ ...QUIET, in60s, requests60s, in10m, requests10m }, settings)?.windowMs).toBe(
      windowMs,
    );
  });
});
