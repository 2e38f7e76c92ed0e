import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../detectors/catalogue.ts';
import { defineDetector, detectorSettings, type DetectorPage } from '../engine/detector.ts';
import { detectorPage } from './detector-page.ts';
import { catalogueProblems, tuningProblem } from './page-problems.ts';
import { settingDocs } from './setting-docs.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const settings = detectorSettings({});
const page: DetectorPage = {
  title: 'Probing',
  summary: 'Somebody probes.',
  method: 'It counts.',
  owasp: ['API8:2023'],
  attack: ['T1190'],
  severity: { high: 'always' },
  falsePositives: ['a test'],
  tuning: ['except it'],
  scenarios: { positive: ['probe'], negative: ['sale'] },
};
const detector = (over: Partial<DetectorPage> = {}) =>
  defineDetector({
    type: 'injection-probing',
    version: '1',
    scope: 'caller',
    settings,
    page: { ...page, ...over },
    make: () => ({ observe: () => undefined, evicted: 0, forgetLanes: () => undefined, forget: () => undefined }),
  });
const known = {
  attacks: new Set(['probe']),
  benign: new Set(['sale']),
  gateway: { attacks: new Set(['key-auth-deleted']), benign: new Set(['tag-edited']) },
};
const problemsOf = (over: Partial<DetectorPage>) =>
  catalogueProblems([detector(over)], known).filter((problem) => problem.startsWith('injection-probing'));

test('pages are fresh, and every detector and rule has its mapping, false alarms and scenarios that the corpus knows', async () => {
  const run = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=@outrider/source',
      '--import',
      './libs/testing/ts-loader.mjs',
      'tools/checks/detections.mjs',
      '--check',
    ],
    { cwd: root },
  ).catch((error: unknown) => ({ stdout: outputOf(error) }));
  expect(run.stdout.trim().split('\n').slice(0, -1)).toEqual([]);
});

/** What a failed child wrote. */
const outputOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'stdout' in error && error.stdout !== ''
    ? String(error.stdout)
    : `${String(error)}\n-`;

describe('a detector', () => {
  test('that has everything is no problem', () => {
    expect(problemsOf({})).toEqual([]);
  });

  test.each<[Partial<DetectorPage>, RegExp]>([
    [{ owasp: [] }, /OWASP mapping/],
    [{ attack: [] }, /ATT&CK mapping/],
    [{ owasp: ['API11:2023'] }, /"API11:2023"/],
    [{ attack: ['T19'] }, /"T19"/],
    [{ falsePositives: [] }, /false alarms/],
    [{ scenarios: { positive: [], negative: ['sale'] } }, /no attack/],
    [{ scenarios: { positive: ['probe'], negative: [] } }, /no benign/],
    [{ scenarios: { positive: ['prob'], negative: ['sale'] } }, /no attack "prob"/],
    [{ scenarios: { positive: ['probe'], negative: ['probe'] } }, /nothing benign called "probe"/],
    [{ scenarios: { lab: 'gateway', positive: ['probe'], negative: ['tag-edited'] } }, /gateway-watch knows no attack/],
    [{ scenarios: { lab: 'gateway', positive: ['key-auth-deleted'], negative: [] } }, /no benign/],
    [{ scenarios: { positive: ['key-auth-deleted'], negative: ['sale'] } }, /tools\/corpus knows no attack/],
  ])('without %j is told', (over, problem) => {
    expect(problemsOf(over)).toEqual([expect.stringMatching(problem)]);
  });

  test('that reads its settings once, so that a service could not tune it, is told', () => {
    expect(tuningProblem(detector(), 'const s = deps.settings.base;')).toMatch(/settings once/);
    expect(tuningProblem(detector(), 'const s = this.deps.settings.of(event);')).toBeUndefined();
  });
});

test('a type that no detector raises must be named as missing, and not be named once it has one', () => {
  expect(catalogueProblems([], known, {})).toContain('scraping: no detector raises it, and it is not in NOT_YET');
  expect(catalogueProblems([detector()], known, { 'injection-probing': 'x' })).toContain(
    'injection-probing: it has a detector and is in NOT_YET',
  );
});

test('a page holds the settings with what their comments say', () => {
  const docs = settingDocs('/** Whether it is made. */\n  enabled: z.boolean(),\n/** two\n * lines */ quietMinutes: 5');
  expect(docs.get('quietMinutes')).toBe('two lines');
  const text = detectorPage(detector(), settings.parse({}), docs);
  expect(text).toContain('| `enabled` | `true` | boolean | Whether it is made. | no |');
});

test('every detector of the catalogue has a page that can be made', () => {
  for (const one of CATALOGUE) expect(detectorPage(one, one.settings.parse({}), new Map())).toContain('## Settings');
});
