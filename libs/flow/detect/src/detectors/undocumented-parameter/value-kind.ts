/** What stands in a parameter's place in the outline of a query; `none`: what says nothing about its kind. */
export type ValueKind = 'number' | 'none' | 'other';

/** Of no kind of their own: missing, switches, words such as `all`, and numbers with a point. */
const NEUTRAL = new Set(['empty', 'bool', 'special', 'decimal', 'date']);

/** `int:4` or a plain number is a number. The value is `outline[from, to)`. */
export const kindOfValue = (outline: string, from: number, to: number): ValueKind => {
  if (from >= to) return 'none';
  const first = outline.charCodeAt(from);
  if (first === 105 && outline.startsWith('int:', from)) return 'number';
  if (first === 45 || (first >= 48 && first <= 57)) {
    for (let i = from + 1; i < to; i++) {
      const c = outline.charCodeAt(i);
      if (c < 48 || c > 57) return 'other';
    }
    return 'number';
  }
  const colon = outline.indexOf(':', from);
  return colon !== -1 && colon < to && NEUTRAL.has(outline.slice(from, colon)) ? 'none' : 'other';
};
