import { defineDetector } from '../../engine/detector.ts';
import { DATA_EXFILTRATION_VERSION } from './data-exfiltration.detector.ts';
import { DataExfiltrationSettings } from './data-exfiltration.settings.ts';
import { DataExfiltrationWatcher } from './data-exfiltration.watcher.ts';

export const DATA_EXFILTRATION = defineDetector({
  type: 'data-exfiltration',
  version: DATA_EXFILTRATION_VERSION,
  scope: 'caller',
  learnsHours: 24,
  settings: DataExfiltrationSettings,
  make: ({ settings, maxCallers }) => new DataExfiltrationWatcher(settings, maxCallers),
  page: {
    title: 'Data exfiltration',
    summary: 'A caller takes far more bytes in an hour or two than it ever did.',
    method:
      'Bytes of successful answers in one to two hours against the most that the same caller took in such a time before, with a floor that is lower where most of it comes from exports, and lower still for three exports in a row by a long known consumer that never took one. A caller without habits is held against a high floor (a lower one when it took next to nothing for a while) and many times the most that any of its peers takes; five must be known, or three where it was seen for a quarter of an hour before; four times as much is let pass where it brings a tenth of what it takes. Once three others leapt as far at the same endpoint within a month, that is how it is used. Pictures, sound and film count a fiftieth, and a job that creates or changes something for what it reads, more than it ever did, may take several times as much.',
    owasp: ['API3:2023', 'API6:2023'],
    attack: ['T1213', 'T1567', 'T1030'],
    severity: { medium: 'above the limit', high: 'three times the limit, or twice what anybody else takes' },
    falsePositives: [
      'the first monthly export of a caller that is small on all other days',
      'a first full synchronisation',
    ],
    tuning: ['raise `floor` for movers of files', 'except the export by consumer'],
    scenarios: { positive: ['data-exfiltration'], negative: ['big-files', 'gdpr-export'] },
  },
});
