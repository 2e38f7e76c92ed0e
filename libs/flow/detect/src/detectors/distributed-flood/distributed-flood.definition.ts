import { defineDetector } from '../../engine/detector.ts';
import { DISTRIBUTED_FLOOD_VERSION } from './distributed-flood.detector.ts';
import { DistributedFloodSettings } from './distributed-flood.settings.ts';
import { DistributedFloodWatcher } from './distributed-flood.watcher.ts';

export const distributedFlood = defineDetector({
  type: 'distributed-flood',
  version: DISTRIBUTED_FLOOD_VERSION,
  scope: 'estate',
  settings: DistributedFloodSettings,
  make: (deps) => new DistributedFloodWatcher(deps),
  page: {
    title: 'Distributed flood',
    summary: 'Many addresses that nobody knew flood a service together; none of them stands out.',
    method:
      'Requests without credentials by service and minute, against the quarter of an hour before, the mean of the hour of the week and the busiest minute; then who makes them: addresses that were not seen ten minutes ago and ask for one endpoint alone, several times each, and for nothing else in the minutes before. Only where they make most of the rush.',
    owasp: ['API4:2023'],
    attack: ['T1498', 'T1499.002'],
    severity: { medium: 'from 40 addresses on', high: 'four times as many' },
    falsePositives: ['a widget that the browsers of a sudden crowd poll'],
    tuning: [
      'raise `drones` and `lightDrones` for services that browsers poll',
      'serve what is polled from a cache before Kong',
    ],
    scenarios: { positive: ['distributed-flood'], negative: ['sale', 'outage', 'campaign'] },
  },
});
