import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileCondition } from './compile-condition.ts';
import type { Condition, FieldTest, RegexEngine } from './condition.ts';
import { NeedleIndex } from './needle-index.ts';
import { MAX_RAW_TEXT, rawAccess, rawSubject, type RawRequest } from './raw-fields.ts';
import { RawMatcher } from './raw-matcher.ts';

/** For specs alone: production gives RE2. */
const regex: RegexEngine = (pattern, { ignoreCase }) => {
  const compiled = new RegExp(pattern, ignoreCase ? 'is' : 's');
  return (text) => compiled.test(text);
};

const raw = (uri: string, referer = '', userAgent = ''): RawRequest => {
  const mark = uri.indexOf('?');
  return {
    path: mark < 0 ? uri : uri.slice(0, mark),
    query: mark < 0 ? '' : uri.slice(mark + 1),
    referer,
    userAgent,
    method: 'GET',
    status: 200,
  };
};
const match = (matcher: RawMatcher, { path, query, userAgent, referer, method, status }: RawRequest): string =>
  matcher.match(path, query, userAgent, referer, method, status);
const test = (field: string, op: 'equals' | 'prefix' | 'suffix' | 'contains', ...values: string[]): Condition => ({
  kind: 'test',
  field,
  test: { op, values, ignoreCase: true },
});

describe('NeedleIndex', () => {
  it('finds exactly the needles that the text includes, whatever their case', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', '/', '%') });
    fc.assert(
      fc.property(
        fc.array(
          letters.filter((needle) => needle.length > 0),
          { maxLength: 8 },
        ),
        letters,
        (needles, text) => {
          const found = new Set<number>();
          new NeedleIndex(needles).search(text, (needle) => found.add(needle));
          const expected = needles.flatMap((needle, i) =>
            text.toLowerCase().includes(needle.toLowerCase()) ? [i] : [],
          );
          // Equal needles are found together.
          expect([...found].sort((a, b) => a - b)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('RawMatcher', () => {
  it('names the rules whose conditions the raw request fulfils, in order and by nothing else', () => {
    const matcher = new RawMatcher(
      [
        { key: 'union#where', condition: test('raw_query', 'contains', 'union select') },
        {
          key: 'admin#where',
          condition: { kind: 'all', of: [test('raw_path', 'prefix', '/admin'), test('status', 'equals', '200')] },
        },
        { key: 'agent#where', condition: test('raw_user_agent', 'contains', 'sqlmap/') },
        { key: 'none#where', condition: { kind: 'not', of: test('raw_referer', 'contains', 'example.com') } },
      ],
      regex,
    );
    expect(match(matcher, raw('/Admin?id=1%20UNION+SELECT%202', 'https://example.com/'))).toBe(
      'admin#where,union#where',
    );
    expect(match(matcher, raw('/a', '', 'SqlMap/1.7'))).toBe('agent#where,none#where');
    expect(match(matcher, raw('/a', 'http://example.com'))).toBe('');
  });

  it('answers as it would without looking words up first', () => {
    const word = fc.constantFrom('ab', 'b%41', 'A', '/x', '?', 'c+d', 'c d', '%3f');
    const leaf: fc.Arbitrary<Condition> = fc
      .record({
        field: fc.constantFrom(
          'raw_path',
          'raw_query',
          'raw_uri',
          'raw_line',
          'raw_referer',
          'raw_user_agent',
          'method',
        ),
        op: fc.constantFrom<'equals' | 'prefix' | 'suffix' | 'contains'>('equals', 'prefix', 'suffix', 'contains'),
        values: fc.array(word, { minLength: 1, maxLength: 3 }),
        ignoreCase: fc.boolean(),
      })
      .map(({ field, ...of }) => ({ kind: 'test', field, test: of as FieldTest }));
    const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
      condition: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.record({
          kind: fc.constantFrom('all' as const, 'any' as const),
          of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
      ),
    }));
    const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''));
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 4 }), text, text, text, (conditions, uri, referer, agent) => {
        const request = raw(uri, referer, agent);
        const subject = rawSubject(request);
        const expected = conditions.flatMap((one, i) =>
          compileCondition(one, { access: rawAccess, regex })(subject) ? [`r${i}`] : [],
        );
        const matcher = new RawMatcher(
          conditions.map((one, i) => ({ key: `r${i}`, condition: one })),
          regex,
        );
        expect(match(matcher, request)).toBe(expected.join(','));
      }),
      { numRuns: 500 },
    );
  });

  it('looks at a bounded beginning of a hostile request', () => {
    const matcher = new RawMatcher([{ key: 'x', condition: test('raw_uri', 'contains', 'needle') }], regex);
    const far = 'a'.repeat(MAX_RAW_TEXT);
    expect(match(matcher, raw(`/${far}needle`))).toBe('');
    expect(match(matcher, raw(`/${'%4e'.repeat(350_000)}`, far.repeat(16), far.repeat(16)))).toBe('');
    expect(match(matcher, raw('/needle'))).toBe('x');
  });
});
