import type { DetectorDefinition } from '../engine/detector.ts';
import type { Rule } from '../rules/rule.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { detectorPage } from './detector-page.ts';
import { indexPage } from './index-page.ts';
import { rulePage } from './rule-page.ts';
import { settingDocs } from './setting-docs.ts';

export interface PageSources {
  readonly catalogue: readonly DetectorDefinition[];
  readonly settings: DetectSettings;
  readonly rules: readonly Rule[];
  /** All source text of a detector's folder. */
  readonly sourceOf: (type: string) => string;
}

/** All of docs/detections, by file name; not formatted. */
export const allPages = ({ catalogue, settings, rules, sourceOf }: PageSources): ReadonlyMap<string, string> =>
  new Map([
    ['index.md', indexPage(catalogue, rules)],
    ...catalogue.map((definition): [string, string] => [
      `${definition.type}.md`,
      detectorPage(definition, settingsOf(settings, definition), settingDocs(sourceOf(definition.type))),
    ]),
    ...rules.map((rule): [string, string] => [`rule-${rule.id}.md`, rulePage(rule)]),
  ]);
