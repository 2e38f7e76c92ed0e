import { defineDetector, type DetectorDefinition } from '../../engine/detector.ts';
import { BRUTE_FORCE_VERSION } from '../brute-force/brute-force.detector.ts';
import { BruteForceSettings } from '../brute-force/brute-force.settings.ts';
import { ENDPOINT_PROBING_VERSION } from '../endpoint-probing/endpoint-probing.detector.ts';
import { EndpointProbingSettings } from '../endpoint-probing/endpoint-probing.settings.ts';
import { EndpointProbingWatcher } from '../endpoint-probing/endpoint-probing.watcher.ts';
import { ERROR_SPIKE_VERSION } from '../error-spike/error-spike.detector.ts';
import { ErrorSpikeSettings } from '../error-spike/error-spike.settings.ts';
import { REQUEST_SPIKE_VERSION } from '../request-spike/request-spike.detector.ts';
import { RequestSpikeSettings } from '../request-spike/request-spike.settings.ts';

/** The first four. Those without `make` are the engine's own: they share state with it. */
export const CORE_DETECTORS: readonly DetectorDefinition[] = [
  defineDetector({
    type: 'request-spike',
    version: REQUEST_SPIKE_VERSION,
    scope: 'caller',
    settings: RequestSpikeSettings,
    page: {
      title: 'Request spike',
      summary: 'A caller sends far more requests in five minutes than it ever did at this hour of the week.',
      method:
        'Requests in five minutes against a negative binomial of the hour of the week (half shrunk to the hour of weekdays or weekends, from up to 14 days), with a ratio, a guard against what was seen before, and a floor. Newcomers are held against the busiest of their peers; one client that comes out of nothing and asks one endpoint alone is told within seconds.',
      owasp: ['API4:2023', 'API6:2023'],
      attack: ['T1499.002'],
      severity: { medium: 'above the band', high: 'many times what was ever seen' },
      falsePositives: ['the first run of a new batch job', 'a launch or sale', 'retry storms after an outage'],
      tuning: ['raise `floor` for callers that are busy by nature', 'except the job, with an end'],
      scenarios: { positive: ['request-spike'], negative: ['sale', 'nightly'] },
    },
  }),
  defineDetector({
    type: 'brute-force',
    version: BRUTE_FORCE_VERSION,
    scope: 'caller',
    explainsRefusals: true,
    settings: BruteForceSettings,
    page: {
      title: 'Brute force',
      summary: 'Somebody guesses credentials, at the gateway or at the login of an API.',
      method:
        'Refusals (401, 403 by Kong; 401 of upstreams that check keys themselves) of one address by the number of different credentials it presented, and failed logins at the upstream (400, 401, 403, 422, 423, and 429 after such) of one caller from one address, in one and in ten minutes, against absolute limits. Slow guessing: the latest 32 failures in 24 hours with no success between, half of them ten minutes apart or more. Addresses of one /24 (/48) that take turns are added up. A stale key that is repeated is one credential; a program that asks for a token by its clock waits or is stuck; failed refreshes of a session are no logins.',
      owasp: ['API2:2023'],
      attack: ['T1110.001', 'T1110.003'],
      severity: {
        medium: 'slow guessing, or refusals that show no credential',
        high: 'guessing of keys or passwords',
        critical: 'ten times the limit and more',
      },
      falsePositives: [
        'a fleet behind one address whose keys all expired and were never seen working',
        'a broken client at a login that repeats one wrong password, not by a clock',
      ],
      tuning: [
        'raise `blindFailures60s` where `Authorization` is hidden and clients are many behind one address',
        'raise `slowFailures` where people share one address and seldom log in',
        'take a word out of `authWords` that is no login in your APIs',
      ],
      scenarios: {
        positive: [
          'brute-force-keys',
          'brute-force-keys-prefix',
          'brute-force-login',
          'brute-force-spraying',
          'brute-force-slow',
        ],
        negative: ['stale-fleet', 'typo-morning', 'office-nat', 'key-rotation'],
      },
    },
  }),
  defineDetector({
    type: 'endpoint-probing',
    version: ENDPOINT_PROBING_VERSION,
    scope: 'caller',
    explainsRefusals: true,
    settings: EndpointProbingSettings,
    make: (deps) => new EndpointProbingWatcher(deps),
    page: {
      title: 'Endpoint probing',
      summary: 'A caller asks for many different paths that do not exist or are forbidden.',
      method:
        "Different path templates that were refused (404, 403, 400, 401, 405, 429 and kin) and never worked for anybody, in one and ten minutes, an hour and a day, and the refused share of the requests. Besides, names of scanners' word lists of several kinds, whatever they were answered: a site that answers everything with 200 hides nothing. The same names from eight and more addresses with one client stack are one scan.",
      owasp: ['API9:2023'],
      attack: ['T1595.002', 'T1595.003'],
      severity: { medium: 'at the limit', high: 'twice the limit and more' },
      falsePositives: ['an application with many dead links behind one address', 'a crawler on an old site map'],
      tuning: ['raise `distinct60s`, `distinct10m` for that address'],
      scenarios: {
        positive: ['endpoint-probing', 'endpoint-probing-by-key'],
        negative: ['dead-link', 'crawler', 'stale-fleet'],
      },
    },
  }),
  defineDetector({
    type: 'error-spike',
    version: ERROR_SPIKE_VERSION,
    scope: 'caller',
    settings: ErrorSpikeSettings,
    page: {
      title: 'Error spike',
      summary: 'The requests of one caller fail far more often than before, and those of the others do not.',
      method:
        'Wilson lower bound of the share of server errors, and of client errors that no other detector is about, in five minutes against three times the usual and an absolute share. What fails for several callers is the health of the service: told once, as the service, and only with `reportHealth`.',
      owasp: ['API8:2023'],
      attack: ['T1595'],
      severity: {
        info: 'a service fails for all (with `reportHealth`)',
        low: 'one caller',
        medium: 'one caller, server errors, 40 % and more for certain',
      },
      falsePositives: ['a bad release that meets one caller first'],
      tuning: ['raise `minRatio` of services that answer 4xx by design'],
      scenarios: { positive: ['error-spike'], negative: ['outage', 'retry-client'] },
    },
  }),
];
