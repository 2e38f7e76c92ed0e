import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { BUCKET_MS, bucketOf } from '../../windows/time.ts';
import { AdminWords } from './admin-words.ts';
import type { ControlPlane } from './control-plane.ts';
import type { GuessView, Told } from './control-plane-abuse.detector.ts';

const MAX_CALLERS = 256;
const MAX_GUESSERS = 256;
/** Ten minutes of 10-second buckets. */
const WINDOW_BUCKETS = 60;
const WINDOW_MS = WINDOW_BUCKETS * BUCKET_MS;

/** 401 and 403 of one caller, and what it tried. */
export class Guesses {
  readonly counts = new BucketCounts();
  readonly keys = new TermList(8);
  readonly paths = new TermList(8);

  add(event: ApiEvent, at: number): void {
    this.counts.add(at);
    if (event.credentialFingerprint !== '') this.keys.add(CallerProfile.term(event.credentialFingerprint), at);
    this.paths.add(CallerProfile.term(`${event.method} ${event.path}`), at);
  }

  recent(at: number): number {
    return lastTenMinutes(this.counts, at);
  }

  /** One key at one or two paths is rather a client whose key has ended. */
  get stale(): boolean {
    return this.keys.size === 1 && this.paths.size <= 2;
  }
}

/** One caller of a control plane. */
export class PlaneCaller {
  /** First answer 2xx or 3xx; event time. */
  firstAt = Number.POSITIVE_INFINITY;
  answers = 0;
  writes = 0;
  guesses: Guesses | undefined;
  /** When each thing was last told of it; event time. */
  readonly told = new Map<Told, number>();
}

/** A service whose upstream is, or may be, a control plane. */
export class ReachedPlane {
  /** First answer of the control plane. */
  firstAt = Number.POSITIVE_INFINITY;
  /** What it is; undefined while only its port speaks for it. */
  plane: ControlPlane | undefined;
  words: AdminWords | undefined;
  /** What was told of the service as a whole, and when; event time. */
  readonly told = new Map<Told, number>();
  readonly callers = new BoundedMap<PlaneCaller>(MAX_CALLERS);
  readonly refused = new BucketCounts();
  readonly evidence = new Evidence();
  /** When what is told once was last told; event time. */
  toldAt = Number.NEGATIVE_INFINITY;
  /** Callers and their last 401 or 403; event time. */
  readonly #guessers = new Map<string, number>();

  constructor(readonly upstream: string) {}

  refuse(event: ApiEvent, at: number, who: string): { one: PlaneCaller; guesses: Guesses } {
    const one = this.callers.getOrMake(who, () => new PlaneCaller());
    const guesses = (one.guesses ??= new Guesses());
    guesses.add(event, at);
    this.refused.add(at);
    if (this.#guessers.size >= MAX_GUESSERS) this.#guessers.clear();
    this.#guessers.set(who, at);
    this.evidence.add(event, at);
    return { one, guesses };
  }

  guessView(guesses: Guesses, at: number): GuessView {
    let callers = 0;
    for (const last of this.#guessers.values()) if (at - last <= WINDOW_MS) callers++;
    return {
      ofCaller: guesses.recent(at),
      ofAll: lastTenMinutes(this.refused, at),
      callers,
      keys: guesses.keys.size,
      paths: guesses.paths.size,
      stale: guesses.stale,
    };
  }
}

const lastTenMinutes = (counts: BucketCounts, at: number): number => {
  const head = bucketOf(at);
  return counts.sum(head - WINDOW_BUCKETS + 1, head);
};
