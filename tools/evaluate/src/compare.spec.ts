import { describe, expect, test } from '@jest/globals';
import { worse } from './compare.ts';
import type { Figures } from './figures.ts';

const figures = (told: number, falseAlarms: number, wrong = 0): Figures => ({
  corpora: 1,
  entries: 1,
  eventsPerSecond: 1,
  attacks: {
    scan: {
      type: 'endpoint-probing',
      needs: '',
      weak: { told, of: 20 },
      medium: { told: 0, of: 0 },
      strong: { told: 0, of: 0 },
      medianSeconds: 1,
      p90Seconds: 1,
      strongSeconds: 1,
      medianRequests: 1,
      p90Requests: 1,
    },
  },
  benign: { consumerDays: 100, falseAlarms, perConsumerDay: falseAlarms / 100, byType: {} },
  attacked: { right: 1, alsoTold: 0, wrong, precision: 1 },
  roc: [],
});

describe('a run is worse', () => {
  test.each([
    ['recall that fell by more than ten points', figures(20, 0), figures(17, 0), 1],
    ['recall that fell by ten points', figures(20, 0), figures(18, 0), 0],
    ['recall that rose', figures(10, 0), figures(20, 0), 0],
    ['false alarms that grew by more than half', figures(20, 4), figures(20, 7), 1],
    ['false alarms that grew by half', figures(20, 4), figures(20, 6), 0],
    ['one false alarm where there was none', figures(20, 0), figures(20, 1), 0],
    ['false alarms among attacks', figures(20, 0, 2), figures(20, 0, 5), 1],
    ['a type that is no longer tried', figures(20, 0), { ...figures(20, 0), attacks: {} }, 0],
  ])('%s', (_what, before, now, sentences) => expect(worse(before, now)).toHaveLength(sentences));
});
