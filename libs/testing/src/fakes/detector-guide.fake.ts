import type { BuiltinAlertType } from '@outrider/domain/detection/alert';
import type { SettingsChange } from '@outrider/domain/detection/detection-control';
import type { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import type { EventExplanation } from '@outrider/domain/detection/explanation';
import { eventId } from '@outrider/domain/traffic/api-event';
import { DetectorGuide, EventExplainer, type SettingProblem } from '@outrider/ports/detector-guide';

/** A catalogue of two detectors; `limit` is a number from 1 to 100. */
export class FakeDetectorGuide extends DetectorGuide {
  list(): readonly DetectorFacts[] {
    return [factsOf('endpoint-probing'), factsOf('injection-probing')];
  }

  problems(_type: BuiltinAlertType, settings: SettingsChange): readonly SettingProblem[] {
    return Object.entries(settings).flatMap(([name, value]) => {
      if (name !== 'limit') return [{ path: `settings.${name}`, message: 'no such setting; it has limit' }];
      const fits = typeof value === 'number' && value >= 1 && value <= 100;
      return fits ? [] : [{ path: 'settings.limit', message: 'a number from 1 to 100' }];
    });
  }

  inForce(_type: BuiltinAlertType, changes: readonly SettingsChange[]): Readonly<Record<string, unknown>> {
    return Object.assign({ limit: 15 }, ...changes);
  }
}

const factsOf = (type: BuiltinAlertType): DetectorFacts => ({
  type,
  version: '1',
  scope: 'caller',
  title: type,
  summary: '',
  method: '',
  owasp: ['API9:2023'],
  attack: ['T1595'],
  severity: {},
  falsePositives: [],
  tuning: [],
  settings: [{ name: 'limit', default: 15, kind: 'integer', bounds: '1 to 100', tunable: true }],
});

/** Keeps what it was asked, and says nothing of the event but its id. */
export class FakeEventExplainer extends EventExplainer {
  readonly asked: Parameters<EventExplainer['explain']>[0][] = [];

  async explain(question: Parameters<EventExplainer['explain']>[0]): Promise<EventExplanation> {
    this.asked.push(question);
    const { event, before, truncated } = question;
    return {
      eventId: eventId(event),
      read: [{ name: 'caller', value: event.consumerName }],
      excluded: null,
      replayed: before.length,
      truncated,
      detectors: [],
      rules: [],
      exceptions: [],
      findings: [],
    };
  }
}
