import { defineDetector } from '../../engine/detector.ts';
import { BRUTE_FORCE_VERSION } from './brute-force.detector.ts';
import { BruteForceSettings } from './brute-force.settings.ts';
import { BruteForceWatcher } from './brute-force.watcher.ts';
import { loginPathsOf } from './login-paths.ts';

export const bruteForce = defineDetector({
  type: 'brute-force',
  version: BRUTE_FORCE_VERSION,
  scope: 'caller',
  explainsRefusals: true,
  settings: BruteForceSettings,
  make: (deps) => new BruteForceWatcher(deps, loginPathsOf(deps.knowledge, deps.settings)),
  page: {
    title: 'Brute force',
    summary: 'Somebody guesses credentials, at the gateway or at the login of an API.',
    method:
      'Refusals (401, 403 by Kong; 401 of upstreams that check keys themselves) of one address by the number of different credentials it presented, and failed logins at the upstream (400, 401, 403, 422, 423, and 429 after such) of one caller from one address, in one and in ten minutes, against absolute limits; fifteen in ten minutes where nearly each is for another credential and none ever worked there. Slow guessing: the latest 32 failures in 24 hours with no success between, half of them ten minutes apart or more; or twenty in one hour (thirty where they come by a clock) of an address from where no login ever worked. Addresses of one /24 (/48) that take turns are added up, also those that fail slowly with one client; those of a crowd that credential-stuffing tells of, with its program and a small part of its failures, are not told besides. Refusals that show no credential are no guessing where nearly each is for another path. A stale key that is repeated is one credential; a program that asks for a token by its clock waits or is stuck; failed refreshes of a session are no logins; and many people behind one address, each with a client that was let in from there before, have a login that is out of order.',
    owasp: ['API2:2023'],
    attack: ['T1110.001', 'T1110.003'],
    severity: {
      medium: 'slow guessing, twenty failures in an hour, or refusals that show no credential',
      high: 'guessing of keys or passwords',
      critical: 'ten times the limit and more',
    },
    falsePositives: [
      'a fleet behind one address whose keys all expired and were never seen working',
      'a broken client at a login that repeats one wrong password, not by a clock, or by one faster than two minutes and never seen let in',
    ],
    tuning: [
      'raise `blindFailures60s` where `Authorization` is hidden and clients are many behind one address',
      'raise `hourFailures` where devices with a withdrawn password ask a login again and again',
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
});
