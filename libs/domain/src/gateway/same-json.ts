type Fields = Readonly<Record<string, unknown>>;

/** Whether two values are the same JSON: fields in any order, arrays in theirs. A field that is undefined is absent. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!sameJson(a[at], b[at])) return false;
    return true;
  }
  return holds(a as Fields, b as Fields) && holds(b as Fields, a as Fields, 'names alone'); // neither null nor an array
};

/** Every field of `a` is one of `b`, and the same. */
const holds = (a: Fields, b: Fields, how?: 'names alone'): boolean => {
  for (const field in a) {
    if (!Object.hasOwn(a, field) || a[field] === undefined) continue;
    if (!Object.hasOwn(b, field) || b[field] === undefined) return false;
    if (how === undefined && !sameJson(a[field], b[field])) return false;
  }
  return true;
};
