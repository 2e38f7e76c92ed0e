import { expect, it } from '@jest/globals';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { ParameterSearches } from './parameter-search.ts';
import { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';

const SETTINGS = UndocumentedParameterSettings.parse({});
const letters = (i: number): string => [...String(i)].map((d) => 'abcdefghij'.charAt(Number(d))).join('');
const queryFrom = (from: number): string => Array.from({ length: 100 }, (_, i) => `${letters(from + i)}=int:3`).join('&'); // prettier-ignore

it('remembers a bounded number of callers and of names, and counts whom it forgot', () => {
  const searches = new ParameterSearches();
  const send = (caller: string, from: number) =>
    searches.observe(anApiEvent({ query: queryFrom(from) }), from, caller, 0, SETTINGS, () => false);
  for (let i = 0; i < 1_200; i++) send(`c${i}`, 0);
  expect(searches.evicted).toBe(200);
  for (let i = 0; i < 100; i++) send('c', i * 100);
  expect(send('c', 20_000)?.names.size).toBe(512);
});

it('forgets the callers of a lane that another process has now', () => {
  const searches = new ParameterSearches();
  const send = (from: number) =>
    searches.observe(anApiEvent({ query: queryFrom(from) }), from, 'c', 3, SETTINGS, () => false);
  send(0);
  send(100);
  searches.forgetLanes(new Set([3]));
  expect([send(200), send(300)]).toEqual([undefined, undefined]);
  expect(send(400)).toBeDefined();
});
