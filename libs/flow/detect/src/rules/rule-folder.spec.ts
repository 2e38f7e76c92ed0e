import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RuleFolder, type LoadedRules } from './rule-folder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-rules-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const ruleText = (id: string, limit = 3): string =>
  `id: ${id}\nkind: threshold\ndescription: d\nseverity: low\nwindow: 5m\nat_least: ${limit}\n`;
const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
const ids = (loaded: LoadedRules): string[] => loaded.rules.map((rule) => rule.id);

it('a broken file costs only its own rules, and only what it said anew: its last good version stays', async () => {
  write('a.yaml', ruleText('a'));
  write('b.yml', ruleText('b'));
  const seen: LoadedRules[] = [];
  const folder = new RuleFolder({ dir, onChange: (loaded) => seen.push(loaded) });
  await folder.check();
  write('a.yaml', `${ruleText('a', 99)}nonsense: true\n`);
  write('c.yaml', 'id: c');
  write('b.yml', ruleText('b2'));
  await folder.check();
  expect(seen).toHaveLength(2);
  expect(ids(folder.loaded)).toEqual(['a', 'b2']);
  expect(folder.loaded.rules[0]).toMatchObject({ atLeast: 3 });
  expect(folder.loaded.files).toEqual([
    { file: 'a.yaml', rules: 1, state: 'kept' },
    { file: 'b.yml', rules: 1, state: 'good' },
    { file: 'c.yaml', rules: 0, state: 'refused' },
  ]);
  expect(folder.loaded.problems.map(({ file, line }) => `${file}:${line}`)).toContain('a.yaml:7');
  rmSync(join(dir, 'a.yaml'));
  await folder.check();
  expect(ids(folder.loaded)).toEqual(['b2']);
});

it('says nothing while nothing changes, and reads folders below it but no hidden ones', async () => {
  mkdirSync(join(dir, 'team'));
  mkdirSync(join(dir, '.data.1'));
  write('team/x.yaml', ruleText('x'));
  write('.data.1/y.yaml', ruleText('y'));
  write('notes.txt', 'not a rule');
  let told = 0;
  const folder = new RuleFolder({ dir, onChange: () => told++ });
  await folder.check();
  await folder.check();
  expect(told).toBe(1);
  expect(ids(folder.loaded)).toEqual(['x']);
});

it('the first of two rules with one id holds, and the other is told of', async () => {
  write('a.yaml', ruleText('same', 1));
  write('b.yaml', `${ruleText('same', 2)}---\n${ruleText('other')}`);
  const loaded = await RuleFolder.read(dir);
  expect(ids(loaded)).toEqual(['same', 'other']);
  expect(loaded.problems).toMatchObject([{ file: 'b.yaml', message: expect.stringContaining('a.yaml') }]);
});

it('takes up a change while it watches, and stops', async () => {
  write('a.yaml', ruleText('a'));
  let resolve: (loaded: LoadedRules) => void = () => undefined;
  const changed = new Promise<LoadedRules>((done) => (resolve = done));
  const folder = new RuleFolder({
    dir,
    pollMs: 50,
    onChange: (loaded) => {
      if (loaded.rules.length === 2) resolve(loaded);
    },
  });
  await folder.start();
  write('b.yaml', ruleText('b'));
  const keep = setInterval(() => undefined, 1_000); // the folder's own timers do not hold a process
  expect(ids(await changed)).toEqual(['a', 'b']);
  clearInterval(keep);
  await folder.stop();
});

it('a folder that is not there is a problem that is told, not a fall', async () => {
  const loaded = await RuleFolder.read(join(dir, 'nowhere'));
  expect(loaded.problems[0]?.message).toContain('cannot be read');
});
