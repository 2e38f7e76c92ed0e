import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS } from '../../windows/time.ts';

const MAX_LINES = 2_000;
/** Endpoints of old versions, over all lines. */
const MAX_OLD_ENDPOINTS = 20_000;
const MAX_IDS = 64;
const DAYS = 8;

/** Use of a version since a newer one was seen. */
export class VersionUse {
  readonly callers = new TermList(64);
  readonly #byDay = new Uint32Array(DAYS);
  #day = Number.NEGATIVE_INFINITY;

  constructor(
    readonly label: string,
    readonly line: VersionLine,
    readonly version: number,
  ) {}

  add(at: number): void {
    const day = Math.floor(at / DAY_MS);
    if (day > this.#day) {
      const steps = this.#day === Number.NEGATIVE_INFINITY ? DAYS : Math.min(DAYS, day - this.#day);
      for (let i = 0; i < steps; i++) this.#byDay[(day - i) % DAYS] = 0;
      this.#day = day;
    }
    if (day > this.#day - DAYS) this.#byDay[day % DAYS] = (this.#byDay[day % DAYS] ?? 0) + 1;
  }

  /** Good answers of the last seven days, today included. */
  get inWeek(): number {
    return this.#byDay.reduce((sum, n) => sum + n, 0);
  }
}

/** The versions of one resource: `/v1/orders`, `/v2/orders`. */
export class VersionLine {
  newest = 0;
  /** When the newest was first seen; ms. */
  newestAt = 0;
  readonly uses = new Map<number, VersionUse>();
  /** Endpoints by version, so that they can become old ones. */
  readonly ids = new Map<number, number[]>();
}

const VERSION = /^(.{0,120}?\/)v(\d{1,3})(?:\/([^/]{1,64}))?(?=\/|$)/;

/** Which endpoints belong to a version that has a newer one beside it. Looked at closely only when an endpoint answers for the first time. */
export class VersionLines {
  readonly #lines = new BoundedMap<VersionLine>(MAX_LINES);
  readonly #old = new Map<number, VersionUse>();

  get evicted(): number {
    return this.#lines.evicted;
  }

  get isEmpty(): boolean {
    return this.#old.size === 0;
  }

  /** The old version that the endpoint belongs to; undefined for the newest and for those without. */
  of(endpointId: number): VersionUse | undefined {
    return this.#old.get(endpointId);
  }

  /** An endpoint that answers for the first time. */
  meet(event: ApiEvent, at: number, endpointId: number): void {
    const match = VERSION.exec(event.pathTemplate);
    if (match === null) return;
    const version = Number(match[2]);
    const name = match[3] ?? '';
    const resource = name.startsWith('{') ? '' : name;
    const line = this.#lines.getOrMake(`${event.tenant}|${match[1] ?? ''}|${resource}`, () => new VersionLine());
    const ids = line.ids.get(version) ?? [];
    if (ids.length < MAX_IDS) ids.push(endpointId);
    line.ids.set(version, ids);
    if (version > line.newest) {
      const before = line.newest;
      line.newest = version;
      line.newestAt = at;
      if (before > 0) this.#age(line, before, `${match[1] ?? ''}v${before}/${resource}`);
    } else if (version < line.newest) this.#age(line, version, `${match[1] ?? ''}v${version}/${resource}`);
  }

  #age(line: VersionLine, version: number, label: string): void {
    const use = line.uses.get(version) ?? new VersionUse(label, line, version);
    line.uses.set(version, use);
    for (const id of line.ids.get(version) ?? []) if (this.#old.size < MAX_OLD_ENDPOINTS) this.#old.set(id, use);
  }
}
