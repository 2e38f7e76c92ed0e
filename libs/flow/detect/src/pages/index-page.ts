import type { DetectorDefinition } from '../engine/detector.ts';
import type { Rule } from '../rules/rule.ts';
import { blocks, bullets, paragraph, section, table } from './markdown.ts';
import { NOT_YET } from './not-yet.ts';
import { stateOf } from './rule-page.ts';

/** docs/detections/index.md. */
export const indexPage = (catalogue: readonly DetectorDefinition[], rules: readonly Rule[]): string =>
  blocks(
    '# Detections',
    paragraph(
      'Made from the code by `npm run detections`; `npm run detections -- --check` fails when a page is stale. How to switch off, try out, tune and except: [tuning](../tuning.md).',
    ),
    section(
      'Detectors',
      table(
        ['type', 'what an alert says', 'OWASP', 'ATT&CK'],
        [...catalogue]
          .sort((a, b) => (a.type < b.type ? -1 : 1))
          .map(({ type, page }) => [
            `[${type}](${type}.md)`,
            page.summary,
            page.owasp.join(' '),
            page.attack.join(' '),
          ]),
      ),
    ),
    section(
      'Rules that come with it',
      rules.length === 0
        ? ''
        : table(
            ['rule', 'title', 'kind', 'state'],
            rules.map((rule) => [`[${rule.id}](rule-${rule.id}.md)`, rule.title, rule.kind, stateOf(rule)]),
          ),
    ),
    section('Not yet', bullets(Object.entries(NOT_YET).map(([type, why]) => `\`${type}\`: ${why}`))),
  );
