/** More segments than this are one `{rest}`. */
export const MAX_TOKENS = 24;
/** Characters of a path that are looked at. */
const MAX_PATH = 2_048;
export const REST = '{rest}';

/** First character of a token that belongs to the segment before it: `.pdf`, `:cancel`. No path has it unencoded. */
export const SUFFIX = '\u0001';

const EXTENSIONS = new Set([
  'json', 'xml', 'csv', 'tsv', 'pdf', 'html', 'htm', 'txt', 'yaml', 'yml', 'png', 'jpg', 'jpeg', 'gif', 'svg', 'webp', 'ico', 'css', 'js',
  'mjs', 'map', 'zip', 'gz', 'tgz', 'tar', 'bz2', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'mp3', 'mp4', 'webm', 'mov', 'avi', 'wav',
  'woff', 'woff2', 'ttf', 'eot', 'md', 'rss', 'atom', 'ics', 'vcf', 'php', 'asp', 'aspx', 'jsp', 'do', 'action', 'ndjson', 'parquet', 'avro',
  'jar', 'war', 'whl', 'deb', 'rpm', 'apk', 'ipa', 'exe', 'dmg', 'bin', 'log', 'sql', 'bak', 'wasm', 'geojson', 'kml', 'gpx', 'tif', 'tiff', 'bmp', 'm3u8', 'ts', 'mpd', 'git', 'patch', 'diff', 'sig', 'asc', 'pem', 'crt',
]); // prettier-ignore
const ACTION = /^[a-z][A-Za-z]{1,31}$/;

/**
 * The path's segments, without empty ones (`//`, a slash at the end), matrix parameters (`;v=1`) and needless percent-encoding, written into
 * `out` from 0; returns their number. A known file extension and a verb behind a colon are tokens of their own.
 */
export const tokensOf = (path: string, out: string[]): number => {
  const end = endOfPath(path);
  let count = 0;
  let start = 0;
  let special = false;
  for (let i = 0; i <= end; i++) {
    const c = i === end ? 47 : path.charCodeAt(i);
    if (c === 47) {
      if (i > start) {
        if (count >= MAX_TOKENS) {
          out[count++] = REST;
          return count;
        }
        const segment = path.slice(start, i);
        count = special ? addSpecial(segment, i === end, out, count) : addOne(segment, out, count);
      }
      start = i + 1;
      special = false;
    } else if (c === 37 || c === 46 || c === 58 || c === 59 || c === 40 || c === 1) special = true;
  }
  return count;
};

const endOfPath = (path: string): number => {
  const end = Math.min(path.length, MAX_PATH);
  const mark = path.indexOf('?');
  return mark !== -1 && mark < end ? mark : end;
};

const addOne = (segment: string, out: string[], count: number): number => {
  out[count] = segment;
  return count + 1;
};

const addSpecial = (raw: string, isLast: boolean, out: string[], count: number): number => {
  const semicolon = raw.indexOf(';');
  const bare = semicolon > 0 ? raw.slice(0, semicolon) : raw;
  const segment = (bare.includes('%') ? decoded(bare) : bare).replaceAll(SUFFIX, '_');
  const colon = isLast ? segment.lastIndexOf(':') : -1;
  if (colon > 0 && ACTION.test(segment.slice(colon + 1))) {
    out[count] = segment.slice(0, colon);
    out[count + 1] = SUFFIX + segment.slice(colon);
    return count + 2;
  }
  // What has a slash in it is a value, and its extension belongs to it.
  const point = isLast && !segment.includes('%') ? segment.lastIndexOf('.') : -1;
  if (point > 0 && segment.length - point <= 8 && EXTENSIONS.has(segment.slice(point + 1).toLowerCase())) {
    out[count] = segment.slice(0, point);
    out[count + 1] = SUFFIX + segment.slice(point).toLowerCase();
    return count + 2;
  }
  out[count] = segment.charCodeAt(segment.length - 1) === 41 ? withKey(segment) : segment;
  return count + 1;
};

/** OData's `Orders(42)` and `Orders('a')`: the key is a value by its place. */
const withKey = (segment: string): string => {
  const open = segment.indexOf('(');
  if (open <= 0 || open === segment.length - 2) return segment;
  return /^[A-Za-z_][\w.]{0,63}$/.test(segment.slice(0, open)) ? `${segment.slice(0, open)}({id})` : segment;
};

/** What cannot be decoded stays. A slash or a percent sign that was encoded belongs to the segment, and stays encoded. */
const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment.replace(/%(?=25|2f)/gi, '%25'));
  } catch {
    return segment;
  }
};

/** `['orders', '{id}', SUFFIX + '.pdf']` → `/orders/{id}.pdf`. */
export const pathOfTokens = (tokens: readonly string[]): string => {
  let text = '';
  for (const token of tokens) text += token.startsWith(SUFFIX) ? token.slice(1) : `/${token}`;
  return text === '' ? '/' : text;
};

export const isPlaceholder = (token: string): boolean =>
  token.length > 2 && token.startsWith('{') && token.endsWith('}');
