import { defineDetector } from '../../engine/detector.ts';
import { IMPOSSIBLE_TRAVEL_VERSION } from './impossible-travel.detector.ts';
import { ImpossibleTravelSettings } from './impossible-travel.settings.ts';
import { ImpossibleTravelWatcher } from './impossible-travel.watcher.ts';

export const impossibleTravel = defineDetector({
  type: 'impossible-travel',
  version: IMPOSSIBLE_TRAVEL_VERSION,
  scope: 'caller',
  settings: ImpossibleTravelSettings,
  make: (deps) => new ImpossibleTravelWatcher(deps),
  page: {
    title: 'Impossible travel',
    summary: 'One credential is used at two places that are too far apart for the time between.',
    method:
      'Great-circle distance between the places of answered requests, less both radii of uncertainty, over the time between: more than 900 km/h over at least 500 km, six requests at each (three where they are 2000 km apart, and both networks known to be homes or offices or the client one that the caller never had). A person whose client is the same at both, with fewer than six requests at a visit, is waited for: back within half an hour and not there again, it is a VPN (by turns they are two), unless it asked for administration or exports that it never asked for before. Hosting, VPN, proxy, relay and Tor networks have no place; mobile ones only count between countries. A second place at an address that four callers use is their office or remote desktop. Not for callers of many homes, or between places that both are a day old. Needs an address database.',
    owasp: ['API2:2023'],
    attack: ['T1078'],
    severity: { medium: 'always' },
    falsePositives: ['a VPN that the database does not know', 'mistakes of the database', 'a company gateway abroad'],
    tuning: ['raise `minDistanceKm`', 'disable it for services of machines'],
    scenarios: { positive: ['impossible-travel'], negative: ['office-nat'] },
  },
});
