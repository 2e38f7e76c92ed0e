import { BuiltinAlertType } from '@outrider/domain/detection/alert';
import type { DetectorDefinition } from '../engine/detector.ts';
import type { Rule } from '../rules/rule.ts';
import { NOT_YET } from './not-yet.ts';

/** Names that scenarios may use. */
export interface KnownScenarios extends Lab {
  /** Changes that the spec of detectors that look at a gateway makes to one. */
  readonly gateway: Lab;
}

/** Benign: happenings, habits, and `none` for an estate to which nothing happens. */
export interface Lab {
  readonly attacks: ReadonlySet<string>;
  readonly benign: ReadonlySet<string>;
}

/** What a detector must have before it is shown to anybody. */
export const catalogueProblems = (
  catalogue: readonly DetectorDefinition[],
  known: KnownScenarios,
  notYet: Partial<Readonly<Record<BuiltinAlertType, string>>> = NOT_YET,
): readonly string[] => {
  const types = new Set<string>(catalogue.map(({ type }) => type));
  return [
    ...catalogue.flatMap((definition) => detectorProblems(definition, known)),
    ...BuiltinAlertType.options
      .filter((type) => !types.has(type) && notYet[type] === undefined)
      .map((type) => `${type}: no detector raises it, and it is not in NOT_YET`),
    ...BuiltinAlertType.options
      .filter((type) => types.has(type) && notYet[type] !== undefined)
      .map((type) => `${type}: it has a detector and is in NOT_YET`),
    ...(types.size === catalogue.length ? [] : ['a type has two detectors']),
  ];
};

const detectorProblems = ({ type, page }: DetectorDefinition, known: KnownScenarios): string[] => {
  const { lab, positive, negative } = page.scenarios;
  const { attacks, benign } = lab === undefined ? known : known[lab];
  const where = lab === undefined ? 'tools/corpus' : `the spec of gateway-watch`;
  const problems = [
    page.owasp.length === 0 ? 'no OWASP mapping' : '',
    page.attack.length === 0 ? 'no ATT&CK mapping' : '',
    page.falsePositives.length === 0 ? 'no known false alarms' : '',
    page.tuning.length === 0 ? 'nothing to do about a false alarm' : '',
    positive.length === 0 ? 'no attack that shows it' : '',
    negative.length === 0 ? 'no benign happening that it is silent on' : '',
    ...page.owasp
      .filter((id) => !/^API(?:[1-9]|10):2023$/.test(id))
      .map((id) => `"${id}" is no entry of OWASP API 2023`),
    ...page.attack.filter((id) => !/^T\d{4}(?:\.\d{3})?$/.test(id)).map((id) => `"${id}" is no ATT&CK technique`),
    ...positive.filter((name) => !attacks.has(name)).map((name) => `${where} knows no attack "${name}"`),
    ...negative.filter((name) => !benign.has(name)).map((name) => `${where} knows nothing benign called "${name}"`),
  ];
  return problems.filter((problem) => problem !== '').map((problem) => `${type}: ${problem}`);
};

/** A detector must ask for its settings event by event, since services and routes have their own: `source` is all of its files. */
export const tuningProblem = (definition: DetectorDefinition, source: string): string | undefined =>
  /settings\s*\.base\b/.test(source) && !/\bsettings\s*\.of\(/.test(source)
    ? `${definition.type}: it reads its settings once; it must ask settings.of(event)`
    : undefined;

export const ruleProblems = (rules: readonly Rule[]): readonly string[] =>
  rules.flatMap(({ id, mapping, falsePositives }) => [
    ...(mapping.owasp.length === 0 ? [`rule:${id}: no OWASP mapping`] : []),
    ...(mapping.attack.length === 0 ? [`rule:${id}: no ATT&CK mapping`] : []),
    ...(falsePositives.length === 0 ? [`rule:${id}: no known false alarms`] : []),
  ]);
