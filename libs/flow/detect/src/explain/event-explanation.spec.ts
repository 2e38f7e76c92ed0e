import { expect, test } from '@jest/globals';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../baseline/caller-history.ts';
import { readRuleFile } from '../rules/file/rule-file.ts';
import { DetectSettings } from '../settings.ts';
import { explainEvent } from './event-explanation.ts';

const NOBODY: AllControls = { overrides: [], exceptions: [] };
const settings = DetectSettings.parse({ maxCallers: 1_000 });
const baselines = { load: async (_caller: unknown, block: number) => new CallerHistory(block, block) };
const at = Date.UTC(2026, 0, 5, 12, 0, 0);
const word = (i: number): string => String.fromCharCode(97 + (i % 26)) + String.fromCharCode(97 + Math.floor(i / 26));
const probe = (i: number) =>
  anApiEvent({
    consumerId: '',
    consumerName: '',
    credentialId: '',
    path: `/wp-${word(i)}.php`,
    pathTemplate: `/wp-${word(i)}.php`,
    status: 404,
    startedAt: at + i * 300,
  });
const scan = Array.from({ length: 80 }, (_, i) => probe(i));
const last = scan.at(-1) ?? probe(80);
const ask = (before: typeof scan, controls = NOBODY, rules: Parameters<typeof explainEvent>[0]['rules'] = []) =>
  explainEvent({ settings, baselines, controls, rules }, { event: last, before, truncated: false });
const verdictOn = (explanation: Awaited<ReturnType<typeof ask>>, type: string) =>
  explanation.detectors.find((one) => one.type === type);

test('a line by itself is no scan; after what came before it is explained by a replay of the same detectors', async () => {
  const alone = await ask([]);
  expect(alone).toMatchObject({ replayed: 0, findings: [], excluded: null });
  expect(verdictOn(alone, 'endpoint-probing')?.outcome).not.toBe('finding');
  const inContext = await ask(scan);
  expect(inContext.replayed).toBe(79);
  expect(verdictOn(inContext, 'endpoint-probing')?.says).toMatch(/reported|different paths/);
  expect(inContext.read).toContainEqual({ name: 'request', value: `GET ${last.path}` });
});

test('what an exception holds back is still told, as held, beside the exception', async () => {
  const until = at + 86_400_000;
  const exception = {
    tenant: 'default',
    id: '00000000-0000-4000-8000-000000000001',
    types: [],
    match: { entity: { kind: 'ip' as const, id: last.clientIp }, cidr: null, endpoint: null, tag: null },
    reason: 'our own scanner',
    until,
    createdAt: at,
    createdBy: 'ann',
    updatedAt: at,
  };
  const { exceptions, findings } = await ask(scan, { overrides: [], exceptions: [exception] });
  expect(exceptions).toEqual([{ id: exception.id, reason: 'our own scanner', until, types: [] }]);
  expect(findings).toEqual([]);
});

test('no detector is asked about a preflight', async () => {
  const event = anApiEvent({ method: 'OPTIONS', credentialId: '', credentialFingerprint: '' });
  const explanation = await explainEvent(
    { settings, baselines, controls: NOBODY, rules: [] },
    { event, before: [], truncated: false },
  );
  expect(explanation.excluded).toBe('preflight');
  expect(new Set(explanation.detectors.map(({ outcome }) => outcome))).toEqual(new Set(['not-asked']));
});

test("the users' rules say what they made of it", async () => {
  const { rules, problems } = readRuleFile(
    'x.yaml',
    `id: missing\nkind: threshold\ntitle: Missing\ndescription: Many\nseverity: low\nwhere: { status: 404 }\ngroup_by: caller\nwindow: 1m\nat_least: 5\n`,
  );
  expect(problems).toEqual([]);
  const explanation = await ask([], NOBODY, rules);
  expect(explanation.rules).toMatchObject([{ rule: 'missing', matched: ['where'], why: 'counts towards 5 in 60 s' }]);
});
