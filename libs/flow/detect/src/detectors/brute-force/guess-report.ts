import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller } from '../../engine/watcher.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { DAY_MS } from '../../windows/time.ts';
import { BRUTE_FORCE_VERSION, type GuessingVerdict } from './brute-force.detector.ts';
import { Cadence } from './cadence.ts';
import { FamiliarClients } from './familiar-clients.ts';
import { PathSpread } from './path-spread.ts';

export type GuessingPlace = 'gateway' | 'login';

/** What is kept of one guesser: the last ten minutes closely, the last 32 failures without a success for a day. */
export class Guesser {
  readonly log = new FailureLog();
  readonly cadence = new Cadence();
  readonly evidence = new Evidence();
  readonly clients = new FamiliarClients();
  /** Where it was refused without any credential shown. */
  readonly bare = new PathSpread();
  slowReportedAt = Number.NEGATIVE_INFINITY;
}

/** Slow guessing is told once a quarter of a day: it goes on for long, and each alert would be over before the next guess. */
export const SLOW_REPORT_MS = DAY_MS / 4;

export interface GuessReport {
  readonly event: ApiEvent;
  readonly at: number;
  readonly caller: Caller;
  readonly evidence: Evidence;
  readonly verdict: GuessingVerdict;
  readonly place: GuessingPlace;
  /** Where several addresses of one network take turns. */
  readonly network?: { readonly prefix: string; readonly addresses: number };
}

export const guessFinding = ({ event, at, caller, evidence, verdict, place, network }: GuessReport): Draft => {
  const span = spanOf(verdict.windowMs);
  const who =
    network === undefined
      ? caller.entity.name
      : `${network.addresses} addresses of ${network.prefix}, ${caller.entity.name} among them,`;
  return findingOf({
    event,
    entity: caller.entity,
    type: 'brute-force',
    version: BRUTE_FORCE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: at - verdict.windowMs,
    observed: { metric: 'failed authentications', value: verdict.observed, unit: `in ${span}` },
    expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: explain(verdict, place, who, span),
    evidence,
    only:
      place === 'gateway' ? 'status IN (401, 403)' : "answered_by = 'upstream' AND status IN (400, 401, 403, 422, 423)",
  });
};

const spanOf = (ms: number): string => {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
};

const explain = (v: GuessingVerdict, place: GuessingPlace, who: string, span: string): string =>
  place === 'login'
    ? `${loginStory(v, who, span)} Limit or block it, and look whether a login of it works in the end.`
    : keyStory(v, who, span);

const loginStory = (v: GuessingVerdict, who: string, span: string): string => {
  if (v.kind === 'steady-guessing')
    return `${v.observed} logins of ${who} failed within ${span} and none worked between them (fewer than ${v.limit} in an hour are let pass), slowly enough to stay below the limits of minutes. No person types a wrong password so often, and no login ever worked from there.`;
  if (v.kind === 'slow-guessing')
    return `${v.observed} logins of ${who} failed within ${span} and none worked between them (fewer than ${v.limit} are let pass), slowly enough to stay below the limits of minutes. This is how passwords are guessed by who has time.`;
  const targets = v.kind === 'spraying' ? `; ${v.distinct} different targets: one guess each for many accounts` : '';
  return `${v.observed} logins of ${who} failed at the upstream within ${span}, where at most ${v.limit - 1} are let pass${targets}. This is how passwords are guessed.`;
};

const keyStory = (v: GuessingVerdict, who: string, span: string): string => {
  if (v.kind === 'blind-guessing')
    return `Kong refused ${v.observed} requests of ${who} within ${span} (at most ${v.limit} are let pass) and nearly nothing else came from there. The log does not show the credentials, so it may also be a client that lost its own: ask whose address it is before you block it.`;
  const tried =
    v.kind === 'slow-guessing'
      ? `${who} tried ${v.distinct} different credentials within ${span}, all refused (fewer than ${v.limit} are let pass), slowly enough to stay below the limits of minutes. This is how keys are guessed by who has time.`
      : `${who} tried ${v.distinct} different credentials in ${v.observed} refused requests within ${span} (at most ${v.limit} are let pass). This is how keys are guessed.`;
  return `${tried} Block it, and replace a key that it was let in with, if there is one.`;
};
