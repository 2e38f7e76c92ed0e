import type { BuiltinAlertType } from '@outrider/domain/detection/alert';
import type { SettingsChange } from '@outrider/domain/detection/detection-control';
import type { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import { DetectorGuide, type SettingProblem } from '@outrider/ports/detector-guide';
import { CATALOGUE } from '../detectors/catalogue.ts';
import type { DetectorDefinition } from '../engine/detector.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { changed, settingProblems } from './check-settings.ts';
import { settingsTable } from './settings-table.ts';

/** The catalogue as other stages see it. */
export class CatalogueGuide extends DetectorGuide {
  readonly #facts: readonly DetectorFacts[];

  constructor(
    private readonly settings: DetectSettings,
    private readonly catalogue: readonly DetectorDefinition[] = CATALOGUE,
  ) {
    super();
    this.#facts = catalogue.map((definition) => factsOf(definition, settings));
  }

  list(): readonly DetectorFacts[] {
    return this.#facts;
  }

  problems(type: BuiltinAlertType, change: SettingsChange): readonly SettingProblem[] {
    const definition = this.#find(type);
    if (!definition) return [{ path: 'type', message: `there is no detector ${type}` }];
    return settingProblems(definition, settingsOf(this.settings, definition), change);
  }

  inForce(type: BuiltinAlertType, changes: readonly SettingsChange[]): Readonly<Record<string, unknown>> {
    const definition = this.#find(type);
    if (!definition) return {};
    const base = settingsOf(this.settings, definition);
    return { ...(changed(definition, base, changes) ?? base) };
  }

  #find(type: string): DetectorDefinition | undefined {
    return this.catalogue.find((one) => one.type === type);
  }
}

const factsOf = (definition: DetectorDefinition, settings: DetectSettings): DetectorFacts => {
  const { type, version, scope, page } = definition;
  return {
    type,
    version,
    scope,
    title: page.title,
    summary: page.summary,
    method: page.method,
    owasp: [...page.owasp],
    attack: [...page.attack],
    severity: { ...page.severity },
    falsePositives: [...page.falsePositives],
    tuning: [...page.tuning],
    settings: [...settingsTable(definition, settingsOf(settings, definition))],
  };
};
