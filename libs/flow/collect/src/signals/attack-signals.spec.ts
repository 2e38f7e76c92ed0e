import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAttacks } from '@outrider/domain/signals/attack-family';
import fc from 'fast-check';
import { attackSignals, attackSignalsOfUri } from './attack-signals.ts';

const FIXTURES = new URL('../../fixtures/signals/', import.meta.url);

const linesOf = (name: string): string[] =>
  readFileSync(new URL(name, FIXTURES), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const ofUri = (uri: string): string => attackSignalsOfUri(uri, uri.indexOf('?'), '', '');

/** `family /uri`, `family@ua text`, `family@ref text`. */
const scoreOf = (line: string): number => {
  const space = line.indexOf(' ');
  const [family, place = ''] = line.slice(0, space).split('@');
  return parseAttacks(signalsAt(place, line.slice(space + 1))).find((one) => one.family === family)?.score ?? 0;
};

const signalsAt = (place: string, text: string): string => {
  if (place === 'ua') return attackSignals('/', '', text, '');
  return place === 'ref' ? attackSignals('/', '', '', text) : ofUri(text);
};

/** `/uri`, `ua: text`, `ref: text`. */
const strongestOf = (line: string): number => {
  const place = line.startsWith('ua: ') ? 'ua' : line.startsWith('ref: ') ? 'ref' : '';
  const text = place === '' ? line : line.slice(place.length + 2);
  return Math.max(0, ...parseAttacks(signalsAt(place, text)).map((one) => one.score));
};

describe('attack signals', () => {
  it('every recorded payload scores as critical under its own family', () => {
    expect(linesOf('attacks.txt').filter((line) => scoreOf(line) < 5)).toEqual([]);
  });

  it('payloads that were written before the rules were first run: at least 97 %', () => {
    const lines = linesOf('attacks.held-out.txt');
    expect(lines.filter((line) => scoreOf(line) >= 5).length / lines.length).toBeGreaterThanOrEqual(0.97);
  });

  it('no honest request of the list scores as critical', () => {
    expect(linesOf('benign.txt').filter((line) => strongestOf(line) >= 5)).toEqual([]);
  });

  it('hard honest texts that were written before the rules were first run: at most 2.5 %', () => {
    const lines = linesOf('benign.held-out.txt');
    expect(lines.filter((line) => strongestOf(line) >= 5).length / lines.length).toBeLessThanOrEqual(0.025);
  });

  it('one layer of encoding more hides nothing, up to three', () => {
    for (const payload of ["1' or '1'='1", '<script>alert(1)</script>', '../../../etc/passwd', '${jndi:ldap://x/a}']) {
      let encoded = payload;
      for (let layer = 1; layer <= 3; layer++) {
        encoded = encodeURIComponent(encoded).replaceAll("'", '%27');
        expect([payload, layer, ofUri(`/x?q=${encoded}`)]).not.toEqual([payload, layer, '']);
      }
    }
  });

  it.each([
    'sleep(5) javascript',
    'alert(1) meaning',
    'how to use <script> in html',
    'etc/passwd format',
    'sleep (5 hours)',
  ])('what somebody looks up is no attack: %s', (text) => {
    expect(ofUri(`/search?q=${encodeURIComponent(text)}`)).toBe('');
  });

  it.each([
    '1 and sleep(5)',
    'x sleep(5)',
    "1' or sleep(5) and 'a",
    'alert(1)',
    'x<script> alert',
    '<script> alert(1)',
    '../etc/passwd',
    '/etc/passwd',
  ])('what somebody tries out is one: %s', (text) => {
    expect(ofUri(`/search?q=${encodeURIComponent(text)}`)).not.toBe('');
  });

  it('a payload at the far end of a long query is seen, the middle of it is not paid for', () => {
    expect(ofUri(`/x?a=${'b'.repeat(60_000)}&q=<script>alert(1)</script>`)).toContain('xss:');
  });

  it('a score is bounded however much is wrong', () => {
    const all = linesOf('attacks.txt')
      .filter((line) => line.startsWith('sqli /') && line.includes('?'))
      .map((line) => line.slice(line.indexOf('?') + 1))
      .slice(0, 40)
      .join('&');
    const found = parseAttacks(attackSignals('/x', all, '', ''));
    expect(found.find((one) => one.family === 'sqli')?.score).toBe(25);
    expect(found.map((one) => one.family)).toEqual(found.map((one) => one.family).sort());
  });

  it('is told of any text, a hostile megabyte too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => typeof attackSignals(a, b, a, b) === 'string'),
    );
    const units = [
      "'",
      '"or ',
      '<',
      '<a on',
      '${',
      '${lower:',
      '(',
      '../',
      '%25',
      '%c0',
      '/*',
      '/*!1',
      '&#',
      '&lt;',
      '\\u',
      '||',
      ';',
      '{{',
      "' or 1",
      '[$ne]',
      'select ',
      '\r\n',
      '`',
      '=',
      '&',
      '%u',
      '://',
    ];
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
      expect(typeof attackSignals(`/${text}`, text, text, text)).toBe('string');
    }
  });
});
