import type { BacktestChange } from '@outrider/domain/detection/backtest';
import type { DetectorOverride, SettingsChange } from '@outrider/domain/detection/detection-control';
import { CallerError } from '@outrider/platform/errors';
import { changed, noSuchSetting } from '../controls/check-settings.ts';
import { CATALOGUE, detectorOf } from '../detectors/catalogue.ts';
import type { DetectorDefinition, DetectorSettings } from '../engine/detector.ts';
import type { OfflineRunOptions } from '../offline/offline-run.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { controlsOf, type InForce, type PlannedRun } from './planned-run.ts';

/** About what a minute is enough for on two cores. */
const MAX_EVENTS = 1_200_000;
const MAX_EVENTS_OF_ALL_DETECTORS = 300_000;

/** They go by what the others find. */
const LISTENING: ReadonlySet<string> = new Set(['composite-risk', 'account-takeover']);

/** CallerError when there is no such detector or setting. */
export const planDetector = (
  change: Extract<BacktestChange, { kind: 'detector' }>,
  { settings, controls }: InForce,
): PlannedRun => {
  const { type } = change;
  const definition = detectorOf(type);
  if (!definition) throw new CallerError(`there is no detector of ${type} yet`, 'no-such-detector', 422);
  const ofProcess = settingsOf(settings, definition);
  const everywhere = controls.overrides.find((one) => one.type === type && isEverywhere(one));
  const base = changed(definition, ofProcess, everywhere ? [everywhere.settings] : []) ?? ofProcess;
  const catalogue = neededBy(definition);
  const optionsOf = (over: SettingsChange, name: string, tried: boolean): OfflineRunOptions => ({
    catalogue,
    settings: withSettings(settings, type, checked(definition, base, over, name)),
    // The settings above are those of everywhere already. What is off is tried all the same.
    controls: controlsOf({
      ...controls,
      overrides: controls.overrides.map((one) =>
        one.type === type && isEverywhere(one)
          ? { ...one, settings: {}, state: tried && one.state === 'off' ? null : one.state }
          : one,
      ),
    }),
  });
  return {
    before: optionsOf(change.instead ?? {}, 'instead', false),
    after: optionsOf(change.settings, 'settings', true),
    events: {},
    concerns: (alert) => alert.type === type,
    defaultMaxEvents: catalogue.length > 10 ? MAX_EVENTS_OF_ALL_DETECTORS : MAX_EVENTS,
    notes: [
      'nothing from before the range is known to the detector but what callers requested: what it learns of them it learns from the beginning of the range on',
    ],
    sampledNotes:
      definition.scope === 'estate'
        ? [`${type} looks at all callers together: with a part of them it finds something else; take a shorter range`]
        : [],
  };
};

const isEverywhere = ({ service, route }: Pick<DetectorOverride, 'service' | 'route'>): boolean =>
  service === '' && route === '';

/** Detectors without which this one would see less. */
const neededBy = (definition: DetectorDefinition): readonly DetectorDefinition[] => {
  if (LISTENING.has(definition.type)) return CATALOGUE;
  if (definition.type !== 'request-spike') return [definition];
  // Refusals that another detector explains are no spike.
  return [definition, ...CATALOGUE.filter(({ explainsRefusals }) => explainsRefusals)];
};

const checked = (
  definition: DetectorDefinition,
  base: DetectorSettings,
  over: SettingsChange,
  name: string,
): DetectorSettings => {
  const known = Object.keys(base);
  const unknown = Object.keys(over).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new CallerError(`${name}.${unknown}: ${noSuchSetting(definition, unknown, known)}`, 'bad-settings', 422);
  const parsed = definition.settings.safeParse({ ...base, ...over });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${[name, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new CallerError(problems.join('; '), 'bad-settings', 422);
};

const withSettings = (all: DetectSettings, type: string, one: DetectorSettings): DetectSettings => ({
  ...all,
  detectors: { ...all.detectors, [type]: one },
});
