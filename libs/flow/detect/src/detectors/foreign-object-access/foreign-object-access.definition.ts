import { defineDetector } from '../../engine/detector.ts';
import { objectTrailsOf } from '../../objects/object-trails.ts';
import { FOREIGN_OBJECT_ACCESS_VERSION } from './foreign-object-access.detector.ts';
import { ForeignObjectAccessSettings } from './foreign-object-access.settings.ts';
import { ForeignObjectAccessWatcher } from './foreign-object-access.watcher.ts';

export const FOREIGN_OBJECT_ACCESS = defineDetector({
  type: 'foreign-object-access',
  version: FOREIGN_OBJECT_ACCESS_VERSION,
  scope: 'estate',
  settings: ForeignObjectAccessSettings,
  make: ({ settings, maxCallers, knowledge }) =>
    new ForeignObjectAccessWatcher(settings, objectTrailsOf(knowledge, maxCallers), maxCallers),
  page: {
    title: 'Foreign object access',
    summary: 'A consumer is given objects that until now one other consumer alone used (cross-tenant).',
    method:
      'Who used which object, remembered by hashes (a million objects). Objects with twenty and more uses by one consumer and by nobody else that another one, known for a day (or for half an hour with objects of its own), is given for the first time; three of them at one template within an hour; or four that the other used but twice, with a chance of less than one in a million; or five that come one now and then within a day. Only where objects are private: how often an object was another’s before is counted by template (30 pairs of caller and object and more) and by caller, and at that share so many among all that the caller was given must be next to impossible (1 in 10,000, binomial). Vouchers, shared bookings and callers that work for all are silent by that.',
    owasp: ['API1:2023'],
    attack: ['T1213'],
    severity: { medium: 'at the limit', high: 'ten and more' },
    falsePositives: [
      'an account that was handed over to another integrator',
      'a second integration of the same customer, where nobody else shares anything',
    ],
    tuning: ['except the consumer that took over, with an end', 'raise `ownerUses` or lower `maxChance`'],
    scenarios: { positive: ['foreign-object-access'], negative: ['key-rotation', 'gdpr-export'] },
  },
});
