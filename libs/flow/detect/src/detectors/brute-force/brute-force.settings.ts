import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

export const DEFAULT_AUTH_WORDS = [
  'login',
  'log-in',
  'logon',
  'signin',
  'sign-in',
  'signon',
  'sign-on',
  'signinwithpassword',
  'auth',
  'authenticate',
  'authentication',
  'authn',
  'j-security-check',
  'token',
  'tokens',
  'session',
  'sessions',
  'password',
  'passwd',
  'otp',
  'mfa',
  '2fa',
  'totp',
  'pin',
  'verify-code',
  'credentials',
  'sso',
  'oauth',
  'oauth2',
];

/** Guessing of credentials, at the gateway (refused by Kong) and at the upstream's login. */
export const BruteForceSettings = detectorSettings({
  /** More than so many refusals in 60 s, or in 10 min, of one address without consumer. */
  gatewayFailures60s: count(10),
  gatewayFailures10m: count(30),
  /** Different presented credentials among them; fewer is a stale credential, not guessing. */
  gatewayDistinct60s: count(8),
  gatewayDistinct10m: count(15),
  /** So many in 10 min are enough where nearly every refusal is for another credential, at an address that never had one that worked. */
  gatewayAllDistinct10m: count(15),
  /** Different credentials per refusal: below it a few keys are repeated. */
  gatewayDistinctShare: share(0.5),
  /** Refusals that show no credential (Kong hides `Authorization`): the limits without any variety to go by; in 60 s not all at once, as a page asks that is opened with an old token. */
  blindFailures60s: count(20),
  blindFailures10m: count(150),
  /** Refused part of the caller's requests. */
  minFailureShare: share(0.9),
  /** Failed logins at the upstream of one caller from one address. */
  loginFailures60s: count(10),
  loginFailures10m: count(30),
  /** Failed part of the login attempts. */
  loginFailureShare: share(0.6),
  /** Different paths or queries among the failed logins from which it is called spraying. */
  sprayingDistinct: count(10),
  /** Failed logins in 10 min that are enough when nearly each is for another account. */
  sprayingFailures10m: count(15),
  /** Slow guessing: so many failures in 24 h with no success between … */
  slowFailures: z.number().int().min(4).max(32).default(8),
  /** … half of them at least so far apart; minutes. */
  slowGapMinutes: z.number().min(1).max(720).default(10),
  /** Or so many in 24 h at any pace (of different credentials, at the gateway), over an hour or more. */
  slowPersistent: z.number().int().min(8).max(32).default(24),
  /** Or so many within one hour, at a login, of an address from where none ever worked; half as many again where they come by a clock. */
  hourFailures: z.number().int().min(8).max(21).default(20),
  /** Addresses of one /24 (or /48) that take turns, before they count as one. */
  prefixAddresses: z.number().int().min(2).max(256).default(3),
  /** Whole path segments (or the words of one, split at `-`, `_`, `.`) that make an endpoint a login; lower case. */
  authWords: z.array(z.string().min(2).max(40)).max(200).default(DEFAULT_AUTH_WORDS),
});
export type BruteForceSettings = Readonly<z.infer<typeof BruteForceSettings>>;
