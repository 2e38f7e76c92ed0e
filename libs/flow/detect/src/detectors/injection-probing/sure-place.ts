import { CRITICAL_SCORE, WARNING_SCORE, type AttackScore } from '@outrider/domain/signals/attack-family';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/** Names of parameters that people write into as they like, or that take an API's own language: a search, a filter, a template. */
const FREE_NAME =
  /(?:^|[_.\-[$])(?:q|s|query|search\w*|find|terms?|keywords?|kw|te?xt|filters?|where|having|[jck]ql|sql|soql|expr(?:ession)?|formula|cond(?:ition)?s?|rules?|criteria|match|patterns?|regexp?|like|body|content|comments?|messages?|msg|notes?|desc(?:ription)?|titles?|subject|reason|prompt|question|answer|bio|about|signature|caption|summary|code|snippet|source|script|html|markdown|md|css|xml|json|data|payload|input|value|val|vars|variables|template|tpl|format|sort\w*|order\w*|fields?|select|expand|columns?|group\w*|aggregate|or|and)\]?(?:\[|$)/i;
/** Segments after which a path holds what people look for or wrote themselves. */
const FREE_PATH =
  /\/(?:search|find|query|lookup|suggest|autocomplete|translate|render|eval|tags?|wiki|blob|raw|tree|code|snippets?|pastes?)(?:\/|$)/i;
/** Values that hold no text. */
const PLAIN_VALUE = /^(?:-?\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?:int|decimal|bool|empty|date|uuid|hex|word|special|privilege|email|ip):\d+)$/; // prettier-ignore
const PLAIN_NAME = /^[\w.\-[\]:]*$/;
const PLAIN_PATH = /^[\w/.~-]*$/;

/**
 * The text of a probe stands where no honest text does: in an id, a name of a file, the path itself, a client's name. Not in a search, a
 * filter or a comment, where people and programs write what they like, and not where it left no trace.
 */
export const isSurePlace = ({ path, pathTemplate, query, userAgent }: ApiEvent): boolean => {
  const inPath = !PLAIN_PATH.test(path) || path.includes('..');
  if (inPath && FREE_PATH.test(pathTemplate)) return false;
  const inQuery = placeInQuery(query);
  if (inQuery === 'free') return false;
  return inPath || inQuery === 'sure' || isOddClient(userAgent);
};

/** Where people and programs write what they like. */
export const isFreePlace = ({ path, pathTemplate, query }: ApiEvent): boolean =>
  placeInQuery(query) === 'free' || (!PLAIN_PATH.test(path) && FREE_PATH.test(pathTemplate));

const placeInQuery = (query: string): 'none' | 'sure' | 'free' => {
  if (query === '') return 'none';
  let found: 'none' | 'sure' = 'none';
  for (const parameter of query.split('&')) {
    const equals = parameter.indexOf('=');
    const name = equals === -1 ? parameter : parameter.slice(0, equals);
    const value = equals === -1 ? '' : parameter.slice(equals + 1);
    if (PLAIN_NAME.test(name) && PLAIN_VALUE.test(value)) continue;
    // a query that is one text without a name is what somebody looks for
    if (FREE_NAME.test(name) || (value === 'empty:0' && name.includes('%20'))) return 'free';
    found = 'sure';
  }
  return found;
};

/** A user agent that may be the probe itself. */
export const isOddClient = (userAgent: string): boolean => /['<`$]|^[^A-Za-z]/.test(userAgent);

/** Ways up alone, as in addresses of pictures, score 13: this is one of them with a file that only an intruder wants. */
const TRAVERSAL_SURE = 18;
const NOSQL_FIRM = 8;

/**
 * What a probe at a sure place weighs: `alone` says all by one request, of `firm` ones two do. Inner addresses, as webhooks have, and code from elsewhere
 * are not among them: links are honest.
 */
export const weightOf = (scores: readonly AttackScore[], aloneScore: number): 'none' | 'firm' | 'alone' => {
  let sum = 0;
  let families = 0;
  let firm = false;
  for (const { family, score } of scores) {
    if (family === 'ssrf' || family === 'rfi') continue;
    families++;
    sum += score;
    if (family === 'traversal') firm ||= score >= TRAVERSAL_SURE;
    // of two warnings is a size in feet: 6'
    else firm ||= score >= (family === 'nosql' ? NOSQL_FIRM : CRITICAL_SCORE) && score !== 2 * WARNING_SCORE;
  }
  if (!firm) return 'none';
  return sum >= aloneScore || (families > 0 && scores.some(({ family }) => family === 'crlf')) ? 'alone' : 'firm';
};
