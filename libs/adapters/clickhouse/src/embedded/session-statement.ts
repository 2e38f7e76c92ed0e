const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*):/g;

/**
 * `SET …` that gives a chdb session this query's settings and parameters, and takes back what only the query before had:
 * a session keeps what it was told, a server forgets it. Undefined when there is nothing to say.
 */
export const sessionStatement = (
  before: ReadonlySet<string>,
  settings: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
): { readonly sql: string | undefined; readonly set: ReadonlySet<string> } => {
  const changes: string[] = [];
  const set = new Set<string>();
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    changes.push(`${checkedName(name)} = ${settingLiteral(value)}`);
    set.add(name);
  }
  for (const name of before) if (!set.has(name)) changes.push(`${name} = DEFAULT`);
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    changes.push(`param_${checkedName(name)} = ${stringLiteral(paramText(value))}`);
  }
  return { sql: changes.length === 0 ? undefined : `SET ${changes.join(', ')}`, set };
};

/** A session still knows the parameters of earlier queries: one that is missing must be an error, not somebody else's value. */
export const missingParameter = (sql: string, params: Readonly<Record<string, unknown>>): string | undefined => {
  for (const match of sql.matchAll(PLACEHOLDER)) {
    const name = match[1];
    if (name !== undefined && params[name] === undefined) return name;
  }
  return undefined;
};

const checkedName = (name: string): string => {
  if (!NAME.test(name)) throw new TypeError(`not a name: ${JSON.stringify(name)}`);
  return name;
};

const settingLiteral = (value: unknown): string => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return stringLiteral(String(value));
};

/** As the HTTP interface reads it: escaped like TabSeparated, arrays of quoted strings. */
const paramText = (value: unknown): string => {
  if (Array.isArray(value))
    return `[${value.map((v: unknown) => (typeof v === 'number' ? String(v) : stringLiteral(String(v)))).join(',')}]`;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' || typeof value === 'string') return escaped(String(value));
  throw new TypeError('a query parameter is a string, a number, a boolean or an array of strings or numbers');
};

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\0': '\\0',
};
const escaped = (text: string): string => text.replace(/[\\'\n\r\t\b\f\0]/g, (c) => ESCAPES[c] ?? c);
const stringLiteral = (text: string): string => `'${escaped(text)}'`;
