import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { Caller } from '../../engine/watcher.ts';
import { agentTerm, CallerProfile } from '../../knowledge/caller-profile.ts';
import { isInternal, regionOf, wasNew } from '../../knowledge/place.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { Evidence } from '../../windows/evidence.ts';
import { Cadence } from '../brute-force/cadence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { HostView } from './shared-fingerprint.detector.ts';

export const HOST_WINDOW_MS = 10 * MINUTE_MS;
/** An address that comes so long after the beginning of the log was not always there; ms. */
const LATE_MS = 30 * MINUTE_MS;
/** The same where its callers were seen elsewhere meanwhile; ms. */
const LATER_MS = 10 * MINUTE_MS;
/** Watched for so long, a caller has a home; ms. */
const AT_HOME_MS = 20 * MINUTE_MS;
/** Networks of who lives somewhere. */
const FEW_HOMES = 2;
/** What people write scripts with; other libraries are in products as well. */
const SCRIPTS: ReadonlySet<string> = new Set([
  'python-requests',
  'python-httpx',
  'python-urllib',
  'aiohttp',
  'go-http-client',
]);
/** Requests from which their pace says something. */
const CLOCK_REQUESTS = 10;
/** Callers of one address that are remembered, singly. */
const MAX_CALLERS = 64;
const FEW_STACKS = 3;

/** Answered requests elsewhere that make a caller one that lives there, if hardly known. */
const FEW_ANSWERS = 3;

interface Guest {
  readonly caller: number;
  /** Hardly known, but from elsewhere alone: `seen` in a log without headers; `borrowed` with another client, and by the very credential. */
  readonly kind: 'stranger' | 'displaced' | 'borrowed' | 'seen' | 'unknown' | 'resident';
  readonly home: number;
  client: number;
  at: number;
  /** Came here, was elsewhere again, and came back: at two places at the same time. */
  torn: boolean;
}

/** One address, and whose credentials are used from it. */
export class Host {
  evidence: Evidence | undefined;
  /** When its requests came, since they are looked at. */
  #pace: Cadence | undefined;
  reportedAt = Number.NEGATIVE_INFINITY;
  /** The caller of its latest request: the same again is no news. */
  latest = '';
  #people = false;
  #script = false;
  /** Callers whose keys were told as leaked to this address, and when. */
  readonly #leaked = new TermList(MAX_CALLERS);
  readonly #callers = new TermList(MAX_CALLERS);
  #guests: Guest[] = [];
  #refusedAt: number[] = [];

  constructor(
    readonly tenant: string,
    /** It came first when the log was so old; ms. */
    private readonly logAgeMs: number,
  ) {}

  /** Callers of the last ten minutes, residents left out. */
  get guests(): number {
    return this.#guests.length;
  }

  /** Another caller than that of its latest request. */
  came(event: ApiEvent, at: number, caller: Caller, minHistory: number): void {
    this.latest = caller.key;
    const term = CallerProfile.term(caller.key);
    const isFirst = !this.#callers.has(term);
    this.#callers.add(term, at);
    this.#guests = this.#guests.filter((one) => at - one.at < HOST_WINDOW_MS);
    const client = hash32(event.clientFingerprint || event.userAgent);
    const known = this.#guests.find((one) => one.caller === term);
    if (known) {
      known.at = Math.max(known.at, at);
      known.client = client;
      if (caller.profile !== undefined && caller.profile.latestIp !== event.clientIp) known.torn = true;
      return;
    }
    if (!isFirst || this.#guests.length >= MAX_CALLERS) return;
    this.#script = isScript(caller.agent);
    this.#people = caller.agent.kind === 'browser' || caller.agent.kind === 'mobile-app';
    this.#guests.push({
      caller: term,
      kind: kindOf(caller, event, at, minHistory),
      home: homeOf(caller),
      client,
      at,
      torn: false,
    });
  }

  /** A request that is looked at. */
  noted(event: ApiEvent, at: number): void {
    (this.evidence ??= new Evidence()).add(event, at);
    (this.#pace ??= new Cadence()).add(at, 0);
  }

  refused(at: number): void {
    this.#refusedAt = this.#refusedAt.filter((one) => at - one < HOST_WINDOW_MS);
    if (this.#refusedAt.length < 100) this.#refusedAt.push(at);
  }

  /** Keys of the thief's that it had before these ten minutes: no habit. */
  #leakedBefore(here: readonly Guest[]): number {
    return this.#leaked.size - here.filter(({ caller }) => this.#leaked.has(caller)).length;
  }

  /** A key was told as leaked to this address. */
  leaked(callerKey: string, at: number): void {
    this.#leaked.add(CallerProfile.term(callerKey), at);
  }

  #isByClock(at: number): boolean {
    const pace = this.#pace?.paceSince(at - HOST_WINDOW_MS);
    return pace !== undefined && pace.regular && pace.failures >= CLOCK_REQUESTS;
  }

  view(at: number): HostView {
    const here = this.#guests.filter((one) => at - one.at < HOST_WINDOW_MS && one.kind !== 'resident');
    const strangers = here.filter(({ kind }) => kind === 'stranger');
    const displaced = here.filter(({ kind }) => kind === 'displaced');
    const elsewhere = here.filter(({ kind }) => kind !== 'unknown');
    const clients = new Map<number, number>();
    for (const { client } of here) clients.set(client, (clients.get(client) ?? 0) + 1);
    return {
      strangers: strangers.length,
      displaced: displaced.length,
      homes: homesOf([...strangers, ...displaced]),
      unknown: here.length - strangers.length - displaced.length,
      borrowed: this.#script ? strangers.length + here.filter(({ kind }) => kind === 'borrowed').length : 0,
      elsewhere: elsewhere.length,
      homesElsewhere: homesOf(elsewhere),
      torn: elsewhere.filter(({ torn }) => torn).length,
      byClock: this.#isByClock(at),
      late: this.logAgeMs >= LATER_MS,
      lateScript: this.#script && this.logAgeMs >= LATE_MS,
      leaked: this.#leaked.lastWithin(at - HOUR_MS),
      sameClient: Math.max(0, ...clients.values()),
      people: this.#people,
      refused: this.#refusedAt.filter((one) => at - one < HOST_WINDOW_MS).length,
      habit: Math.max(0, this.#callers.size - here.length - this.#leakedBefore(here)),
    };
  }
}

/** A caller with a home elsewhere, to whom this network and this kind of client are new; one hardly seen anywhere; or neither. */
const kindOf = (caller: Caller, event: ApiEvent, at: number, minHistory: number): Guest['kind'] => {
  const { profile, prefix, agent } = caller;
  const { clientFingerprint: fingerprint, userAgent } = event;
  if (profile === undefined || !profile.seeded) return 'resident';
  if (profile.successes < minHistory || at - profile.firstAt < AT_HOME_MS) return hardlyKnown(caller, event);
  const since = at - HOST_WINDOW_MS;
  const newClient =
    wasNew(profile.agents, CallerProfile.term(agentTerm(agent)), since) || isNewStack(profile, fingerprint, since);
  // who comes from everywhere has every prefix as its home: only the client tells
  const newPlace = profile.prefixes.forgotten > 0 || wasNew(profile.prefixes, CallerProfile.term(prefix), since);
  if (newClient && newPlace) return 'stranger';
  // without headers nobody has a client: who had one address, and now this one, is all that can be told
  const isSettled = profile.successes >= 2 * minHistory && profile.prefixes.size <= FEW_HOMES;
  if (!newPlace || userAgent !== '' || fingerprint !== '') return 'resident';
  return isSettled ? 'displaced' : profile.prefixes.size <= FEW_HOMES ? 'seen' : 'resident';
};

/** Seen a few times in one or two other places, and never here. */
const hardlyKnown = ({ profile, prefix, agent }: Caller, event: ApiEvent): Guest['kind'] => {
  if (profile === undefined || profile.successes < FEW_ANSWERS || profile.prefixes.size > FEW_HOMES) return 'unknown';
  if (profile.prefixes.has(CallerProfile.term(prefix))) return 'unknown';
  // a system of the operator's own that acts for its users
  if (isInternal(event.clientIp) && !isInternal(profile.latestIp)) return 'unknown';
  if (event.userAgent === '' && event.clientFingerprint === '') return 'seen';
  // who is allowed to act for somebody has a credential of its own
  const isOwn = profile.credentials.has(CallerProfile.term(event.credentialId));
  return isOwn && !profile.agents.has(CallerProfile.term(agentTerm(agent))) ? 'borrowed' : 'unknown';
};

/** The same software by name, but not by its headers and TLS: says something of who has few. */
const isNewStack = ({ fingerprints }: CallerProfile, fingerprint: string, since: number): boolean =>
  fingerprint !== '' &&
  fingerprints.size > 0 &&
  fingerprints.size <= FEW_STACKS &&
  wasNew(fingerprints, CallerProfile.term(fingerprint), since);

const isScript = ({ kind, family }: UserAgent): boolean =>
  kind === 'command-line' || kind === 'scanner' || SCRIPTS.has(family);

const homesOf = (guests: readonly Guest[]): number => new Set(guests.map(({ home }) => home)).size;

const homeOf = ({ profile }: Caller): number => hash32(regionOf(profile?.latestIp ?? ''));
