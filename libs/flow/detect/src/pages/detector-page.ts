import { SEVERITIES } from '@outrider/domain/detection/alert';
import { settingsTable } from '../controls/settings-table.ts';
import type { DetectorDefinition, DetectorSettings } from '../engine/detector.ts';
import { blocks, bullets, mapping, paragraph, section, table } from './markdown.ts';
import { COMMON_DOCS } from './setting-docs.ts';

/** The page of one detector in docs/detections. `docs`: what the settings' comments say. */
export const detectorPage = (
  definition: DetectorDefinition,
  base: DetectorSettings,
  docs: ReadonlyMap<string, string>,
): string => {
  const { type, page, scope, version } = definition;
  const settings = settingsTable(definition, base).map((row) => [
    `\`${row.name}\``,
    `\`${JSON.stringify(row.default)}\``,
    row.bounds || row.kind,
    docs.get(row.name) ?? COMMON_DOCS.get(row.name) ?? '',
    row.tunable ? 'yes' : 'no',
  ]);
  const severities = SEVERITIES.flatMap((severity) => {
    const when = page.severity[severity];
    return when === undefined ? [] : [`**${severity}**: ${when}`];
  });
  const reach =
    scope === 'estate' && page.scenarios.lab === undefined
      ? 'It compares or adds up callers: where several processes share the traffic, the one that sees all of it tells.'
      : '';
  return blocks(
    `# ${page.title}`,
    paragraph(`\`${type}\`, version ${version}. ${page.summary}`),
    mapping(page.owasp, page.attack),
    section('How', paragraph(`${page.method} ${reach}`)),
    section('Severity', bullets(severities)),
    section('Known false alarms', bullets(page.falsePositives)),
    section('What to do about one', bullets(page.tuning)),
    section('Settings', table(['setting', 'default', 'bounds', 'meaning', 'by tenant, service, route'], settings)),
    section('Shown by', scenarios(page.scenarios)),
  );
};

const scenarios = ({ lab, positive, negative }: DetectorDefinition['page']['scenarios']): string =>
  paragraph(
    lab === undefined
      ? `Attacks of the corpus (tools/corpus) that it must tell: ${list(positive)}. Benign happenings that it must be silent on: ${list(negative)}.`
      : `No log line shows it. Changes that its tests make to a gateway (tools/kong-sim) and that it must tell: ${list(positive)}. Changes that it must be silent on: ${list(negative)}.`,
  );

const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
