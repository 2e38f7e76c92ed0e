import { inCidr, parseCidr } from '../traffic/ip-address.ts';
import type { Severity } from '../detection/alert.ts';
import type { EntryList, PluginFacts } from './config-snapshot.ts';

/** What a change of one plugin comes to, without where. */
export interface Weakening {
  readonly kind: 'restriction-removed' | 'restriction-widened' | 'limit-raised';
  readonly severity: Severity;
  readonly text: string;
}

const SHOWN = 5;
/** Prefixes this short let half the world in. */
const WIDE_BITS = 8;

/** acl and ip-restriction: whom they let through now and did not before. */
export const judgeRestriction = (was: PluginFacts, is: PluginFacts | undefined): Weakening | undefined => {
  if (!is) return { kind: 'restriction-removed', severity: 'high', text: `${was.name} is not in force any more` };
  const lost = was.protocols.filter((one) => is.protocols.length > 0 && !is.protocols.includes(one));
  if (lost.length > 0)
    return { kind: 'restriction-removed', severity: 'high', text: `${was.name} holds for ${lost.join(', ')} no more` };
  return allowed(was, is) ?? denied(was, is);
};

const allowed = (was: PluginFacts, is: PluginFacts): Weakening | undefined => {
  if (!was.allow || was.allow.n === 0) return undefined;
  if (!is.allow || is.allow.n === 0)
    return { kind: 'restriction-widened', severity: 'high', text: `${was.name} has no allow list any more` };
  if (was.allow.hash === is.allow.hash) return undefined;
  const known = was.allow.entries && coverage(was.allow.entries);
  const added = known && is.allow.entries?.filter((entry) => !known(entry));
  if (added?.length === 0 || (!added && is.allow.n <= was.allow.n)) return undefined;
  const wide = added?.some(isWide) ?? false;
  return {
    kind: 'restriction-widened',
    severity: wide ? 'high' : 'medium',
    text: `${was.name} lets in ${listed(added, is.allow.n - was.allow.n)} (${was.allow.n} entries before, ${is.allow.n} now)`,
  };
};

const denied = (was: PluginFacts, is: PluginFacts): Weakening | undefined => {
  if (!was.deny || was.deny.n === 0 || was.deny.hash === is.deny?.hash) return undefined;
  // an allow list in its place lets in nobody but whom it names
  if ((!was.allow || was.allow.n === 0) && is.allow && is.allow.n > 0) return undefined;
  const left = is.deny ? is.deny.entries && coverage(is.deny.entries) : coverage([]);
  const gone = left && was.deny.entries?.filter((entry) => !left(entry));
  const now = is.deny?.n ?? 0;
  if (gone?.length === 0 || (!gone && now >= was.deny.n)) return undefined;
  return {
    kind: 'restriction-widened',
    severity: 'medium',
    text: `${was.name} refuses ${listed(gone, was.deny.n - now)} no more (${was.deny.n} entries before, ${now} now)`,
  };
};

const listed = (entries: EntryList['entries'], count: number): string =>
  entries === undefined
    ? `${count} more`
    : `${entries
        .slice(0, SHOWN)
        .map((entry) => entry.slice(0, 60))
        .join(', ')}${entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : ''}`;

/** Whether an entry is named itself, or an address in a range that is named. */
const coverage = (entries: readonly string[]): ((entry: string) => boolean) => {
  const named = new Set(entries);
  const ranges = entries.flatMap((one) => parseCidr(one) ?? []);
  return (entry) => {
    if (named.has(entry)) return true;
    const range = parseCidr(entry);
    return range !== undefined && ranges.some((one) => one.prefix <= range.prefix && inCidr(range.bytes, one));
  };
};

const isWide = (entry: string): boolean => {
  const range = parseCidr(entry);
  return range !== undefined && range.prefix <= WIDE_BITS;
};

/** Rate limits that are gone, or `factor` times what they were. */
export const judgeLimit = (was: PluginFacts, is: PluginFacts | undefined, factor: number): Weakening | undefined => {
  if (was.perSecond === undefined) return undefined;
  if (is?.perSecond === undefined)
    return {
      kind: 'limit-raised',
      severity: 'medium',
      text: `${was.name} is not in force any more (before: ${rate(was.perSecond)})`,
    };
  const times = is.perSecond / was.perSecond;
  if (times < factor) return undefined;
  return {
    kind: 'limit-raised',
    severity: 'medium',
    text: `${was.name} allows ${rate(is.perSecond)}, ${Math.round(times)} times as much as before (${rate(was.perSecond)})`,
  };
};

const rate = (perSecond: number): string =>
  perSecond >= 1
    ? `${round(perSecond)} a second`
    : perSecond * 60 >= 1
      ? `${round(perSecond * 60)} a minute`
      : `${round(perSecond * 3600)} an hour`;

const round = (value: number): number => Math.round(value * 10) / 10;
