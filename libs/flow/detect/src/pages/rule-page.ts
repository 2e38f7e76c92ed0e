import type { Rule } from '../rules/rule.ts';
import { blocks, bullets, mapping, paragraph, section } from './markdown.ts';

/** The page of a rule that comes with the product, in docs/detections. */
export const rulePage = (rule: Rule): string =>
  blocks(
    `# ${rule.title}`,
    paragraph(
      `\`rule:${rule.id}\`, a ${rule.kind} rule of \`rules/${rule.origin.file}\`, ${stateOf(rule)}, severity ${rule.severity}. ${rule.description}`,
    ),
    mapping(rule.mapping.owasp, rule.mapping.attack),
    section('Known false alarms', bullets(rule.falsePositives)),
    section(
      'What to do about one',
      paragraph(
        'Change or disable the rule in its file, write an exception into it, or decide by API (`outrider detectors off`, `simulate`, `outrider exceptions add`): see [tuning](../tuning.md).',
      ),
    ),
  );

export const stateOf = ({ enabled, simulate }: Rule): string =>
  enabled ? (simulate ? 'simulated' : 'enabled') : 'disabled';
