import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../duplicates/hash64.ts';
import type { Forgotten } from '../engine/forgotten.ts';
import type { Caller } from '../engine/watcher.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS, WINDOW_MS } from '../windows/time.ts';
import { Area, type Patch } from './area.ts';
import { saysCrawler } from './crawler.ts';
import { NumberSet, ObjectLedger, type ObjectKnown } from './object-ledger.ts';
import { readObject, type ObjectRef } from './object-ref.ts';
import { justListed, noteCreation, noteList, noteRead } from './lists-given.ts';
import { isMaking, Made } from './made.ts';
import type { Listing } from './listing.ts';
import { beginRun, noteHandled, type Feeds } from './run-company.ts';
import { Spans, TemplateStat, Walk } from './walk.ts';

/** Pairs of caller and object, and objects, that are remembered. */
const MAX_PAIRS = 4_000_000;
const MAX_OBJECTS = 1_000_000;
/** Templates and addresses of one caller that are looked at singly. */
const MAX_WALKS = 128;
const FEW_WALKS = 8;
const MAX_TEMPLATES = 20_000;
/** Widest step from id to id, and from page to page. */
const ID_REACH = 10;
const PAGE_REACH = 1_000;
/** Objects of a template are private while at most this part of its pairs of caller and object is shared; of fewer pairs nobody knows. */
const PRIVATE = 0.25;
const FEW_PAIRS = 30;
/** Objects that are new to a caller at a template in five to ten minutes before its region is looked at. */
const FEW_FRESH = 4;
/** A smaller region of fewer numbers says less than all of them. */
const REGION = 40;
/** Content types of what is large by nature and no record. */
export const MEDIA = /^(?:image|font|video|audio)\//;
/** What an alert is about does not teach, for so long after it. */
export const HOLD_MS = HOUR_MS;

/** One caller (consumer, credential or address) with objects: all its walks, and what it was ever seen to do. */
export class Trail {
  readonly walks = new Map<string, Walk>();
  /** Lists that it was given, by template. */
  readonly lists = new Map<string, Listing>();
  /** Objects that it was given for the first time, with credentials: in one to two hours; in half a day to a day; ever; those of them that another caller had before. */
  readonly gained = new Spans(HOUR_MS);
  readonly gainedDay = new Spans(DAY_MS / 2);
  objects = 0;
  met = 0;
  /** What it created and changed since it was first seen with objects; most callers only read. */
  made: Made | undefined;
  /** Lists of what is new that it was given; most callers take none. */
  feeds: Feeds | undefined;
  /** The walk of numbers that it read last. */
  read: Walk | undefined;
  /** Most that any of its walks did in a window that is over. */
  mostFresh = 0;
  mostHour = 0;
  mostDay = 0;
  mostRefused = 0;
  longestIds = 0;
  longestPages = 0;
  /** 5-minute windows with objects. */
  filled = 0;
  #window = -1;
  /** It goes from page to page by marks. */
  usesCursors = false;
  latestIp = '';
  latestTemplate = '';
  latest: Walk | undefined;

  constructor(
    readonly hash: number,
    readonly firstAt: number,
  ) {}

  /** Takes over what a walk has done in windows that are over. */
  learn(walk: Walk, at: number): void {
    const window = Math.floor(at / WINDOW_MS);
    if (window > this.#window) {
      this.#window = window;
      this.filled++;
    }
    if (walk.fresh.most > this.mostFresh) this.mostFresh = walk.fresh.most;
    if (walk.freshHour.most > this.mostHour) this.mostHour = walk.freshHour.most;
    if (walk.freshDay.most > this.mostDay) this.mostDay = walk.freshDay.most;
    if (walk.refused.most > this.mostRefused) this.mostRefused = walk.refused.most;
    if (walk.ids.longest > this.longestIds) this.longestIds = walk.ids.longest;
    if (walk.pages.longest > this.longestPages) this.longestPages = walk.pages.longest;
  }
}

/** What the event at hand is in the caller's dealings with objects. One object for all events: valid during the event. */
export interface ObjectUse {
  readonly ref: ObjectRef;
  trail: Trail;
  walk: Walk;
  /** The caller never asked for it before. */
  isNew: boolean;
  /** It or its page made a run longer. */
  stepped: boolean;
  paged: boolean;
  /** The region of numbers that its id lies in. */
  patch: Patch | undefined;
  /** Of who has credentials, where the request worked; what was known before. */
  known: ObjectKnown | undefined;
}

const byKnowledge = new WeakMap<Knowledge, ObjectTrails>();

/** One for all detectors of an engine; it takes each event up once, whoever asks first. */
export const objectTrailsOf = (knowledge: Knowledge, maxCallers: number): ObjectTrails => {
  const known = byKnowledge.get(knowledge);
  if (known) return known;
  const made = new ObjectTrails(maxCallers);
  byKnowledge.set(knowledge, made);
  return made;
};

export class ObjectTrails {
  readonly trails: BoundedMap<Trail>;
  readonly #pairs = new NumberSet(MAX_PAIRS);
  readonly #objects = new NumberSet(MAX_OBJECTS);
  readonly #stats: BoundedMap<TemplateStat>;
  readonly #ledger = new ObjectLedger(MAX_OBJECTS);
  readonly #ref: ObjectRef = { hash: 0, value: -1, under: 0, page: -1, cursor: false };
  readonly #use: ObjectUse;
  #event: ApiEvent | undefined;
  #found: ObjectUse | undefined;

  constructor(maxCallers: number) {
    this.trails = new BoundedMap(maxCallers);
    this.#stats = new BoundedMap(MAX_TEMPLATES);
    const none = new Trail(0, 0);
    this.#use = { ref: this.#ref, trail: none, walk: new Walk('', new TemplateStat()), isNew: false, stepped: false, paged: false, patch: undefined, known: undefined }; // prettier-ignore
  }

  /** The event's use of an object or page; undefined when it is about none. Takes the event up when it is asked first. */
  of(event: ApiEvent, at: number, caller: Caller): ObjectUse | undefined {
    if (event === this.#event) return this.#found;
    this.#event = event;
    this.#found = this.#take(event, at, caller);
    return this.#found;
  }

  /** What `of` said of the event that was just taken up; changes nothing. */
  peek(event: ApiEvent): ObjectUse | undefined {
    return event === this.#event ? this.#found : undefined;
  }

  #take(event: ApiEvent, at: number, caller: Caller): ObjectUse | undefined {
    const { status } = event;
    const worked = status >= 200 && status < 400;
    const refused = status === 403 || status === 404 || status === 401;
    if (!worked && !refused) return undefined;
    if (caller.profile !== undefined && isMaking(event)) {
      const maker = this.trails.peek(caller.key);
      if (maker !== undefined) (maker.made ??= new Made()).add(at);
    }
    const ref = readObject(event, this.#ref);
    if (ref.hash === 0 && event.method === 'POST' && status < 300)
      noteCreation(this.#trailOf(at, caller), event.pathTemplate, at);
    if (ref.hash === 0 && ref.page < 0 && (!worked || event.method !== 'GET')) return undefined;
    // without credentials a 401 says nothing about the object
    if (status === 401 && (caller.profile === undefined || event.answeredBy === 'kong')) return undefined;
    const trail = this.#trailOf(at, caller);
    if (ref.hash === 0 && worked) noteList(trail, event, at);
    if (ref.hash === 0 && ref.page < 0 && !ref.cursor) {
      if (trail.usesCursors) trail.walks.get(walkKey(event))?.turnBack();
      return undefined;
    }
    const walk = this.#walkOf(trail, event, at);
    const use = this.#use;
    use.trail = trail;
    use.walk = walk;
    use.isNew = false;
    use.stepped = false;
    use.paged = false;
    use.patch = undefined;
    use.known = undefined;
    const teaches = at > walk.heldUntil;
    if (ref.page >= 0 && worked) {
      use.paged = walk.pages.add(ref.page, at, PAGE_REACH, teaches);
    } else if (ref.cursor && ref.hash === 0 && worked) {
      trail.usesCursors = true;
      const page = walk.nextPage(event.responseBytes);
      use.paged = page > 0 && walk.pages.add(page, at, PAGE_REACH, teaches);
    }
    if (use.paged && teaches) walk.stat.pages.note(trail.hash, walk.pages.length);
    if (ref.hash !== 0) this.#object(event, at, worked, caller, use);
    trail.learn(walk, at);
    return use;
  }

  #trailOf(at: number, caller: Caller): Trail {
    return this.trails.getOrMake(caller.key, () => new Trail(hash32(caller.key) || 1, at), caller.lane);
  }

  #object(event: ApiEvent, at: number, worked: boolean, caller: Caller, use: ObjectUse): void {
    const { ref, trail, walk } = use;
    const pair = (Math.imul(ref.hash ^ trail.hash, 0x9e3779b1) ^ (trail.hash >>> 7)) >>> 0 || 1;
    use.isNew = this.#pairs.add(pair);
    if (this.#objects.add(ref.hash) && worked) walk.stat.known++;
    if (use.isNew) noteRead(trail, walk);
    const n = use.isNew ? 1 : 0;
    const r = worked ? 0 : n;
    const teaches = at > walk.heldUntil;
    walk.fresh.add(at, n, teaches);
    walk.refused.add(at, r, teaches);
    walk.forbidden.add(at, event.status === 404 ? 0 : r, teaches);
    walk.requests.add(at, 1, teaches);
    walk.freshHour.add(at, n, teaches);
    walk.freshDay.add(at, n, teaches);
    walk.requestsDay.add(at, 1, teaches);
    if (walk.fresh.most > 0) {
      if (caller.profile !== undefined) walk.stat.identified.note(trail.hash, walk.fresh.most);
      else if (!saysCrawler(caller.agent)) walk.stat.anonymous.note(trail.hash, walk.fresh.most);
    }
    const { method } = event;
    if (event.status < 300 && (method === 'POST' || method === 'PUT' || method === 'PATCH')) {
      if (n === 1) walk.write(at);
      if (ref.value >= 0) noteHandled(trail, ref.value);
    }
    // clients number what they write themselves
    if (ref.value >= 0 && (method === 'GET' || method === 'HEAD' || method === 'DELETE')) {
      use.stepped = walk.ids.add(ref.value, at, ID_REACH, teaches, use.isNew);
      trail.read = walk;
      if (walk.ids.startedAt === at) {
        walk.nearList = justListed(trail, walk, at);
        beginRun(trail, walk, at);
      }
      if (use.stepped && (event.status === 403 || event.status === 401)) walk.ids.denied++;
      // pages load pictures and maps load tiles by the dozen
      if (!MEDIA.test(event.responseContentType)) this.#place(at, worked, use);
    }
    if (worked && event.status < 300 && caller.profile !== undefined) use.known = this.#given(use, at);
  }

  #place(at: number, worked: boolean, use: ObjectUse): void {
    const { ref, walk, trail } = use;
    // most callers read a few objects
    if (walk.area === undefined && walk.fresh.sum < FEW_FRESH) return;
    const area = (walk.area ??= new Area());
    const patch = area.add(ref.value, at, ref.under, use.isNew, !worked);
    if (patch.startedAt === at) patch.nearList = justListed(trail, walk, at);
    if (area.whole.startedAt === at) area.whole.nearList = justListed(trail, walk, at);
    area.burst.add(at, use.isNew);
    use.patch = patch.count < REGION || area.whole.density >= patch.density ? area.whole : patch;
  }

  #given({ ref, trail, walk }: ObjectUse, at: number): ObjectKnown {
    const known = this.#ledger.use(ref.hash, trail.hash, true);
    if (!known.joins) return known;
    const met = known.owner === 0 ? 0 : 1;
    walk.stat.pairs++;
    walk.stat.shared += met;
    // what everybody may read says nothing about who meets the objects of others
    if (walk.stat.pairs <= FEW_PAIRS || walk.stat.shared <= PRIVATE * walk.stat.pairs) {
      trail.objects++;
      trail.met += met;
    }
    trail.gained.add(at, 1, true);
    trail.gainedDay.add(at, 1, true);
    return known;
  }

  #walkOf(trail: Trail, event: ApiEvent, at: number): Walk {
    const { pathTemplate, clientIp } = event;
    if (trail.latest !== undefined && trail.latestTemplate === pathTemplate && trail.latestIp === clientIp)
      return trail.latest;
    const key = walkKey(event);
    let walk = trail.walks.get(key);
    if (walk === undefined) {
      makeRoom(trail, at);
      const stat = this.#stats.getOrMake(
        `${event.tenant}|${event.serviceId}|${pathTemplate}`,
        () => new TemplateStat(),
      );
      stat.callers.add(trail.hash, at);
      walk = new Walk(pathTemplate, stat);
      trail.walks.set(key, walk);
    }
    trail.latest = walk;
    trail.latestTemplate = pathTemplate;
    trail.latestIp = clientIp;
    return walk;
  }

  get evicted(): number {
    return this.trails.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.trails.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.trails.forgetKeys(callers);
  }
}

const walkKey = ({ pathTemplate, clientIp }: ApiEvent): string => `${pathTemplate}|${clientIp}`;

/** Before another walk: the caller may have left other addresses for good, and what it did from there is its habit. */
const makeRoom = (trail: Trail, at: number): void => {
  const { walks, latest } = trail;
  if (latest !== undefined) settle(trail, latest, at);
  if (walks.size <= FEW_WALKS) for (const walk of walks.values()) settle(trail, walk, at);
  if (walks.size < MAX_WALKS) return;
  for (const [key, oldest] of walks) {
    settle(trail, oldest, at);
    walks.delete(key);
    return;
  }
};

const settle = (trail: Trail, walk: Walk, at: number): void => {
  walk.settle(at);
  trail.learn(walk, walk.ids.lastAt);
};
