/** What a credential looks like by itself, wherever it stands. All checks are linear in the token's length. */

const PREFIXES = [
  'sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'pk_live_', 'pk_test_', 'whsec_', 'sk-', 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_',
  'github_pat_', 'glpat-', 'gldt-', 'xoxb-', 'xoxp-', 'xoxa-', 'xoxs-', 'xoxe-', 'xapp-', 'ya29.', 'AIza', 'SG.', 'npm_', 'pypi-',
  'dop_v1_', 'shpat_', 'shpss_', 'hvs.', 'hvb.', 'EAAC', 'lin_api_', 'key-', 'AGE-SECRET-KEY-',
] as const; // prettier-ignore
/** What follows a prefix must be at least this long, so that `sk-learn` or `key-value` stay readable. */
const MIN_AFTER_PREFIX = 16;
const MIN_UNKNOWN_KEY = 30;
const MIN_HEX_KEY = 48;
const MIN_JWT = 16;

export type SecretShape = 'jwt' | 'secret';

/** `jwt`, `secret`, or undefined for anything that may be an ordinary word, name or id (UUID, ULID, short hex, …). */
export const secretShape = (token: string): SecretShape | undefined => {
  if (token.length < MIN_JWT) return undefined;
  if (token.includes('eyJ') && isJwtAt(token, token.indexOf('eyJ'))) return 'jwt';
  return hasKnownPrefix(token) || isHighEntropy(token) ? 'secret' : undefined;
};

/** A JSON object in base64url (`{"` is `eyJ`): headers of JWS and JWE, also cut off ones. */
const isJwtAt = (token: string, at: number): boolean => {
  let run = 0;
  for (let i = at + 3; i < token.length && isTokenCode(token.charCodeAt(i)); i++) run++;
  return run + 3 >= MIN_JWT;
};

const isTokenCode = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 45 || c === 95 || c === 46;

const hasKnownPrefix = (token: string): boolean => {
  if (/^(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}$/.test(token)) return true;
  for (const prefix of PREFIXES)
    if (
      token.length >= prefix.length + MIN_AFTER_PREFIX &&
      token.startsWith(prefix) &&
      hasDigitOrCaseMix(token, prefix.length)
    )
      return true;
  return false;
};

const hasDigitOrCaseMix = (token: string, from: number): boolean => {
  let digit = false;
  let upper = false;
  let lower = false;
  for (let i = from; i < token.length; i++) {
    const c = token.charCodeAt(i);
    if (c >= 48 && c <= 57) digit = true;
    else if (c >= 65 && c <= 90) upper = true;
    else if (c >= 97 && c <= 122) lower = true;
  }
  return digit || (upper && lower);
};

/**
 * Random letters and digits change their class (upper, lower, digit) at about every second character; words, camel case and slugs do
 * so seldom. Below 30 characters it is taken for an id (ULID, KSUID, nanoid, …), as is hex up to 40 digits (UUID, digests).
 */
const isHighEntropy = (token: string): boolean => {
  let counted = 0;
  let changes = 0;
  let separators = 0;
  let digits = 0;
  let upper = 0;
  let notHex = 0;
  let last = 0;
  let upperRun = 0;
  for (let i = 0; i < token.length; i++) {
    const c = token.charCodeAt(i);
    const kind = c >= 48 && c <= 57 ? 1 : c >= 97 && c <= 122 ? 2 : c >= 65 && c <= 90 ? 3 : 0;
    if (kind === 0) {
      separators++;
      continue;
    }
    counted++;
    if (kind === 1) digits++;
    else if (kind === 3) upper++;
    if (kind !== 1 && (c | 32) > 102) notHex++;
    // One capital that begins a word is camel case, not chance.
    if (last !== 0 && kind !== last && !(last === 3 && kind === 2 && upperRun === 1)) changes++;
    upperRun = kind === 3 ? upperRun + 1 : 0;
    last = kind;
  }
  if (notHex === 0) return digits < counted && counted >= MIN_HEX_KEY;
  if (counted < MIN_UNKNOWN_KEY) return false;
  const share = changes / counted;
  const wordy = separators > counted / 12;
  if (digits * 10 < counted && upper > 0) return share >= 0.3;
  if (digits === 0) return false;
  return share >= (upper > 0 ? (wordy ? 0.25 : 0.18) : wordy ? 0.22 : 0.12);
};
