import { expect, it } from '@jest/globals';
import { missingParameter, sessionStatement } from './session-statement.ts';

it.each([
  [{ a: 1 }, {}, 'SET a = 1'],
  [{ a: 'x' }, { p: 'y' }, "SET a = 'x', param_p = 'y'"],
  [{}, { p: ["a'b", 'c'] }, "SET param_p = '[\\'a\\\\\\'b\\',\\'c\\']'"],
  [{}, { p: 'a\tb\\' }, "SET param_p = 'a\\\\tb\\\\\\\\'"],
  [{}, {}, undefined],
])('says settings %j and parameters %j as %s', (settings, params, sql) => {
  expect(sessionStatement(new Set(), settings, params).sql).toBe(sql);
});

it('takes back what only the query before had', () => {
  const first = sessionStatement(new Set(), { a: 1, b: 2 }, {});
  expect(sessionStatement(first.set, { b: 3 }, {})).toEqual({ sql: 'SET b = 3, a = DEFAULT', set: new Set(['b']) });
});

it('refuses a name that is none', () => {
  expect(() => sessionStatement(new Set(), { 'a = 1, b': 1 }, {})).toThrow(TypeError);
  expect(() => sessionStatement(new Set(), {}, { "p'": 1 })).toThrow(TypeError);
});

it('notices a parameter that is not given, since the session may know an older one', () => {
  expect(missingParameter('SELECT {a:String}, {b:Array(String)}', { a: 'x' })).toBe('b');
  expect(missingParameter('SELECT {a:String}', { a: '' })).toBeUndefined();
});
