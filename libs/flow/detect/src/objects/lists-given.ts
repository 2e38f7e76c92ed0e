import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Listing } from './listing.ts';
import type { Trail } from './object-trails.ts';
import { noteFeed } from './run-company.ts';
import type { Walk } from './walk.ts';

const MAX_LISTS = 32;
/** Objects that a usual list names, least bytes of each (packed) and of headers; of a long one several times as many. What a caller creates it may read. */
const LIST_OBJECTS = 110;
const LEAST_BYTES = 30;
const HEAD_BYTES = 300;
const MAX_PART = 20;
/** Objects that a creation excuses: some runs ask once more for one that failed. */
const CREATED = 1.5;

/** A list that worked, of what lies below its template. */
export const noteList = (trail: Trail, event: ApiEvent, at: number): void => {
  const part = partOf(event);
  listed(trail, event.pathTemplate, at, part, event.query);
  noteFeed(trail, event, at, part * LIST_OBJECTS);
};

/** An object was created there: its caller may read it. */
export const noteCreation = (trail: Trail, template: string, at: number): void =>
  listed(trail, template, at, CREATED / LIST_OBJECTS, undefined);

/** How much of a usual list the answer can have named, by its size; one that was not sent again (304) all of it. */
const partOf = ({ responseBytes, status }: ApiEvent): number =>
  status === 304 || responseBytes <= 0 ? 1 : Math.min(MAX_PART, Math.max(0, responseBytes - HEAD_BYTES) / (LIST_OBJECTS * LEAST_BYTES)); // prettier-ignore

const listed = (trail: Trail, template: string, at: number, part: number, query: string | undefined): void => {
  let listing = trail.lists.get(template);
  if (listing === undefined) {
    if (trail.lists.size >= MAX_LISTS) trail.lists.delete(trail.lists.keys().next().value ?? '');
    listing = new Listing();
    trail.lists.set(template, listing);
  }
  listing.add(at, part, query);
};

const listingOf = (trail: Trail, walk: Walk): Listing | undefined =>
  trail.lists.get(walk.parent) ?? trail.lists.get(walk.nearest);

/** A run that begins so soon after a list goes through what it named; ms. */
const NEAR_MS = 60_000;

/** As `Walk.nearList` has it. */
export const justListed = (trail: Trail, walk: Walk, at: number): number => {
  const listing = trail.lists.size === 0 ? undefined : listingOf(trail, walk);
  return listing === undefined || at - listing.listedAt > NEAR_MS ? -1 : askedFor(listing.query);
};

const MAX_ASKED = 500;

/** How many objects a list was to name: `limit`, `per_page` or `page_size` of the outline; 0: it does not say. */
const askedFor = (query: string): number => {
  if (query === '') return 0;
  const [, asked] = /(?:^|&)(?:limit|per_page|page_size)=(\d{1,4})(?:&|$)/.exec(query) ?? [];
  return Math.min(MAX_ASKED, Number(asked ?? 0));
};

/** A new object was read: what is listed next may name others. */
export const noteRead = (trail: Trail, walk: Walk): void => {
  const listing = trail.lists.size === 0 ? undefined : listingOf(trail, walk);
  if (listing !== undefined) listing.read = true;
};

/** Lists of what the walk goes through that the caller was given in the last one to two hours, if one of them after `since`. */
export const listsBefore = (trail: Trail, walk: Walk, at: number, since = Number.NEGATIVE_INFINITY): number => {
  const listing = listingOf(trail, walk);
  return listing === undefined || listing.latestAt < since ? 0 : listing.countAt(at);
};

/** The same, of those alone that it was given at `since` (ms) or later, if one of them at `latest` or later. */
export const listsSince = (trail: Trail, walk: Walk, at: number, since: number, latest = since): number =>
  listingOf(trail, walk)?.countSince(since, at, latest) ?? 0;

/** Objects of a listed collection that the caller asked for in the last five to ten minutes. */
export const detailsBelow = (trail: Trail, list: Walk): number => {
  let details = 0;
  for (const walk of trail.walks.values())
    if (walk.template.startsWith(list.template) && walk.template.startsWith('/{', list.template.length))
      details += walk.requests.sum;
  return details;
};
