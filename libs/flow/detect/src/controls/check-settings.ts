import type { SettingsChange } from '@outrider/domain/detection/detection-control';
import type { SettingProblem } from '@outrider/ports/detector-guide';
import type { DetectorDefinition, DetectorSettings } from '../engine/detector.ts';
import { nearest } from '../nearest-name.ts';

/** What holds for the whole process, and what to do instead. */
const FIXED: Readonly<Record<string, string>> = {
  enabled: 'cannot be set here: the state says whether the detector is on, simulated or off',
  quietMinutes: 'holds for the whole process and cannot be set for a tenant, service or route',
};

export const isTunableSetting = (name: string): boolean => !Object.hasOwn(FIXED, name);

/** The likely name stands first, since a long message is cut at the edge of the API. */
export const noSuchSetting = (definition: DetectorDefinition, name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  const guess = meant === undefined ? '' : ` did you mean "${meant}"?`;
  return `${definition.type} has no such setting;${guess} it has ${known.join(', ')}`;
};

/** What is wrong with changes of a detector's settings; nothing when they may be kept. */
export const settingProblems = (
  definition: DetectorDefinition,
  base: DetectorSettings,
  change: SettingsChange,
): readonly SettingProblem[] => {
  const names = Object.keys(change);
  if (names.length === 0) return [];
  const known = Object.keys(base).filter(isTunableSetting);
  const problems = names.flatMap((name): SettingProblem[] => {
    const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
    if (fixed !== undefined) return [{ path: `settings.${name}`, message: fixed }];
    if (known.includes(name)) return [];
    return [{ path: `settings.${name}`, message: noSuchSetting(definition, name, known) }];
  });
  if (problems.length > 0) return problems;
  const parsed = definition.settings.safeParse({ ...base, ...change });
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({
    path: ['settings', ...path.map(String)].join('.'),
    message,
  }));
};

/** The settings with all changes over them, the later ones last; undefined when together they do not fit the schema. */
export const changed = <S extends DetectorSettings>(
  definition: DetectorDefinition,
  base: S,
  changes: readonly SettingsChange[],
): S | undefined => {
  if (changes.length === 0) return base;
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  for (const change of changes)
    for (const [name, value] of Object.entries(change)) if (isTunableSetting(name)) merged[name] = value;
  const parsed = definition.settings.safeParse(merged);
  return parsed.success ? ofDefinition<S>(parsed.data) : undefined;
};

/** `S` is what the definition's own schema gives: `defineDetector` saw to it. */
const ofDefinition = <S extends DetectorSettings>(parsed: DetectorSettings): S => parsed as S;
