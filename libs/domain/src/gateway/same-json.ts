/** Whether two values are the same JSON: fields in any order, arrays in theirs. A field that is undefined is absent. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, at) => sameJson(value, b[at]))
    );
  const [left, right] = [present(a), present(b)];
  return left.size === right.size && [...left].every(([field, value]) => sameJson(value, right.get(field)));
};

const present = (value: object): Map<string, unknown> =>
  new Map(Object.entries(value).filter(([, inner]) => inner !== undefined));
