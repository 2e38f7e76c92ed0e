import { describe, expect, it } from '@jest/globals';
import { judgeErrorSpike, type ErrorView } from './error-spike.detector.ts';
import { ErrorSpikeSettings } from './error-spike.settings.ts';

const settings = ErrorSpikeSettings.parse({});
const view = (overrides: Partial<ErrorView> = {}): ErrorView => ({
  kind: 'server',
  errors: 60,
  requests: 100,
  pastErrors: 20,
  pastRequests: 1000,
  learning: false,
  authenticated: true,
  others: [{ errors: 1, requests: 200 }],
  ...overrides,
});

describe('error-spike', () => {
  it.each<[string, ErrorView, 'caller' | 'service' | undefined]>([
    ['60 % for one caller, others well', view(), 'caller'],
    ['2 % background', view({ errors: 2 }), undefined],
    [
      'half of forty requests of which others got no errors',
      view({ errors: 20, requests: 40, others: [{ errors: 0, requests: 30 }] }),
      undefined,
    ],
    [
      'two thirds of thirty, while nobody else got any',
      view({ errors: 20, requests: 30, others: [{ errors: 0, requests: 30 }] }),
      'caller',
    ],
    ['two thirds of thirty, with a single error of another', view({ errors: 20, requests: 30 }), undefined],
    ['two thirds of thirty, with hardly anybody to compare with', view({ errors: 20, requests: 30, others: [{ errors: 0, requests: 6 }] }), undefined], // prettier-ignore
    ['as many errors as ever', view({ errors: 25, pastErrors: 200 }), undefined],
    [
      'the only caller of a service, that may fail for all',
      view({ errors: 40, requests: 60, others: [{ errors: 0, requests: 0 }] }),
      undefined,
    ],
    ['the only caller, for long', view({ others: [{ errors: 0, requests: 0 }] }), 'caller'],
    ['nine in ten refused as bad requests', view({ kind: 'client', errors: 90 }), 'caller'],
    ['a client that sends nothing else than bad requests', view({ kind: 'client', errors: 100 }), undefined],
    ['the same of an address', view({ kind: 'client', errors: 100, authenticated: false }), 'caller'],
    ['everybody fails', view({ others: [{ errors: 90, requests: 100 }] }), 'service'],
    [
      'everybody failed a minute ago',
      view({
        others: [
          { errors: 10, requests: 100 },
          { errors: 8, requests: 10 },
        ],
      }),
      'service',
    ],
    [
      'learning: a new integration with bad input',
      view({ kind: 'client', errors: 30, learning: true, pastErrors: 0, pastRequests: 0 }),
      undefined,
    ],
    [
      'learning: nearly everything fails',
      view({ errors: 90, learning: true, pastErrors: 0, pastRequests: 0 }),
      'caller',
    ],
  ])('%s', (_name, v, about) => {
    expect(judgeErrorSpike(v, settings)?.about).toBe(about);
  });
});
