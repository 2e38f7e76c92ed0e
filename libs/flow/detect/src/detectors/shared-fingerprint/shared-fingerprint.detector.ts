import type { Severity } from '@outrider/domain/detection/alert';
import type { SharedFingerprintSettings } from './shared-fingerprint.settings.ts';

export const SHARED_FINGERPRINT_VERSION = '2';

/** What happened at one address within ten minutes. */
export interface HostView {
  /** Callers that are known from elsewhere, for whom both network and client are new. */
  readonly strangers: number;
  /** The same where the log says nothing of clients, of callers with one or two networks. */
  readonly displaced: number;
  /** A program for scripts, at an address that did not come in the first half hour of the log. */
  readonly lateScript: boolean;
  /** By a program for scripts: callers that others programs were seen with elsewhere, with the very credential; strangers with them. */
  readonly borrowed: number;
  /** Callers that were seen elsewhere and never here; of them, those that were elsewhere again meanwhile. */
  readonly elsewhere: number;
  readonly homesElsewhere: number;
  readonly torn: number;
  /** The requests come by a clock, though of different callers. */
  readonly byClock: boolean;
  /** The address did not come in the first ten minutes of the log. */
  readonly late: boolean;
  /** Of these addresses' keys so many were told as leaked within the hour. */
  readonly leaked: number;
  /** Different homes of strangers and displaced ones. */
  readonly homes: number;
  /** Callers of which nothing is known from elsewhere, first seen here within ten minutes. */
  readonly unknown: number;
  /** Of both, those with the most frequent client. */
  readonly sameClient: number;
  /** The client is a browser or an app of people. */
  readonly people: boolean;
  /** 401 and 403 at this address. */
  readonly refused: number;
  /** Callers that used the address before these ten minutes. */
  readonly habit: number;
}

export interface HostVerdict {
  readonly callers: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * One client that uses the keys of callers that live elsewhere, one after the other.
 * False positives: an aggregator or proxy on its first day; a test runner with everybody's keys.
 */
export const judgeHost = (view: HostView, s: SharedFingerprintSettings): HostVerdict | undefined => {
  const callers = Math.max(view.leaked, view.strangers + view.displaced + view.unknown);
  if (view.habit >= s.habitShare * callers) return undefined;
  const leaked = view.leaked >= s.leakedCallers;
  if (!leaked && view.sameClient < s.sameClientShare * callers) return undefined;
  const known = view.strangers >= s.newCallers && view.homes >= s.minHomes;
  const blind = view.unknown >= s.newCallersUnknown && view.refused >= s.minRefused && !view.people;
  const scripted = view.unknown >= s.newCallersScripted && view.lateScript;
  const displaced = view.displaced >= s.newCallersByPlace && view.homes >= s.newCallersByPlace / 2;
  const apart = view.late && view.homesElsewhere >= view.elsewhere / 2;
  const borrowed = apart && view.borrowed >= s.newCallersBorrowed;
  // people who come to their office are at one place at a time, and not by a clock
  const together = view.byClock || view.torn >= s.newCallersTorn / 2;
  const torn = apart && together && view.elsewhere >= s.newCallersTorn;
  if (!known && !blind && !scripted && !displaced && !leaked && !borrowed && !torn) return undefined;
  const many = view.strangers >= 2 * s.newCallers;
  return {
    callers,
    limit: limitOf({ known, leaked, displaced, borrowed, torn, blind }, s),
    severity: many || leaked || (known && view.refused >= s.minRefused) ? 'high' : 'medium',
    confidence: leaked ? 0.9 : known ? Math.min(0.95, 0.82 + 0.03 * (view.strangers - s.newCallers)) : 0.65,
  };
};

const limitOf = (
  by: Record<'known' | 'leaked' | 'displaced' | 'borrowed' | 'torn' | 'blind', boolean>,
  s: SharedFingerprintSettings,
): number => {
  if (by.leaked) return s.leakedCallers;
  if (by.known) return s.newCallers;
  if (by.borrowed) return s.newCallersBorrowed;
  if (by.torn) return s.newCallersTorn;
  if (by.displaced) return s.newCallersByPlace;
  return by.blind ? s.newCallersUnknown : s.newCallersScripted;
};
