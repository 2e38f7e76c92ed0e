import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import type { Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import type { Hole } from './holes.ts';
import type { Lull } from './lull.ts';
import { judgeHole, judgeSource, type SourceVerdict, type SourceView } from './silent-source.detector.ts';
import { holeFinding, silenceFinding, silenceSays } from './silent-source.finding.ts';
import type { SilentSourceSettings } from './silent-source.settings.ts';
import { Source } from './source.ts';

const MAX_SOURCES = 5_000;
const EVERY_MS = 60_000;
/** No event for so long, and yet time passes: it is a clock's; ms. */
const SHORT_MS = 60_000;
/** While it goes on a silence is told again after this, and no more after a day: then it is how things are; ms. */
const AGAIN_MS = 600_000;
/** Of a source that silence told, this part is remembered as what a lull may be like: maintenance comes again, and so do attacks. */
const TOLD_PART = 0.5;

/**
 * A source that is silent while others speak is told by the tick; when everything was silent, by the events after it, or by the clock of a live
 * process.
 */
export class SilentSourceWatcher implements Watcher {
  readonly #gateways = new BoundedMap<Source>(MAX_SOURCES);
  readonly #services = new BoundedMap<Source>(MAX_SOURCES);
  readonly #list = new Map<Source, string>();
  #nextLook = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<SilentSourceSettings>) {}

  get evicted(): number {
    return this.#gateways.evicted + this.#services.evicted;
  }

  /** Sources are everybody's. */
  forgetLanes(): void {}

  forget({ gateways, services }: Forgotten): void {
    const drop = (source: Source): void => void this.#list.delete(source);
    this.#gateways.forgetKeys(gateways, drop);
    this.#services.forgetKeys(services, drop);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (at > this.#heardAt) this.#heardAt = at;
    const who = caller.profile ?? caller.key;
    const gateway = this.#source('gateway', this.#gateways, `${event.tenant}|${event.gateway}`, event, at);
    if (gateway.isBehind(at)) gateway.close(at);
    gateway.heard(event, at, who);
    const hole = gateway.holes.heard(at, who);
    const told =
      gateway.ended === undefined
        ? hole && this.#afterHole(gateway, hole, at)
        : this.#afterLull(gateway, gateway.ended);
    if (event.serviceId !== '') {
      const service = this.#source('service', this.#services, `${event.tenant}|${event.serviceId}`, event, at);
      if (service.isBehind(at)) this.#closeService(service, gateway, at);
      service.heard(event, at, who);
    }
    return told;
  }

  tick(now: number): readonly Draft[] {
    if (now < this.#nextLook) return [];
    this.#nextLook = now + EVERY_MS;
    const drafts: Draft[] = [];
    for (const kind of ['gateway', 'service'] as const)
      for (const [source, key] of this.#list) {
        if (source.kind !== kind) continue;
        if (this.#isGone(source, now)) {
          (kind === 'gateway' ? this.#gateways : this.#services).delete(key);
          this.#list.delete(source);
          continue;
        }
        const draft = this.#look(source, now);
        if (draft) drafts.push(draft);
      }
    return drafts;
  }

  explain(event: ApiEvent): string | undefined {
    const of = (source: Source | undefined): string | undefined => {
      if (source?.lull === undefined || source.lull.peak <= 0) return undefined;
      return silenceSays(source, viewOf(source, source.lull, !this.#othersSpeak(source, source.lull)));
    };
    return (
      of(this.#gateways.peek(`${event.tenant}|${event.gateway}`)) ??
      of(this.#services.peek(`${event.tenant}|${event.serviceId}`))
    );
  }

  #look(source: Source, now: number): Draft | undefined {
    if (source.kind === 'gateway') source.close(now);
    else this.#closeService(source, this.#gatewayOf(source), now);
    if (source.ended !== undefined) {
      const draft = this.#afterLull(source, source.ended);
      if (draft) return draft;
    }
    const { lull } = source;
    if (lull === undefined || now - lull.toldAt < AGAIN_MS) return undefined;
    const others = this.#othersSpeak(source, lull);
    if (!others && now - this.#heardAt < SHORT_MS) return undefined;
    const view = viewOf(source, lull, !others);
    const verdict = this.#verdict(source, view);
    if (verdict === undefined) return undefined;
    lull.toldAt = now;
    return silenceFinding(source, lull, view, verdict);
  }

  /** The traffic is back: the silence is told now if nobody could tell it before. */
  #afterLull(source: Source, lull: Lull): Draft | undefined {
    source.ended = undefined;
    const told = Number.isFinite(lull.toldAt);
    const view = viewOf(source, lull, !this.#othersSpeak(source, lull));
    const verdict = told || source.kind === 'service' ? undefined : this.#verdict(source, view);
    const part = told || verdict !== undefined ? TOLD_PART : 1;
    source.maxScore = Math.max(source.maxScore, lull.peak * part);
    return verdict && silenceFinding(source, lull, view, verdict);
  }

  /** Seconds of a dense stream, too short for a lull. */
  #afterHole(source: Source, hole: Hole, at: number): Draft | undefined {
    const s = this.deps.settings.of(source.event);
    const verdict = judgeHole(hole, s);
    return verdict && holeFinding(source, hole, verdict, at);
  }

  #verdict(source: Source, view: SourceView): SourceVerdict | undefined {
    return judgeSource(view, this.deps.settings.of(source.event));
  }

  /** Of a gateway: any other one of its tenant; of a service: its gateway. */
  #othersSpeak(source: Source, { peakAt }: Lull): boolean {
    if (source.kind === 'service') return this.#gatewayOf(source)?.aliveAt(peakAt - 1) ?? false;
    for (const [other] of this.#list)
      if (other.kind === 'gateway' && other !== source && other.event.tenant === source.event.tenant)
        if (other.aliveAt(peakAt - 1)) return true;
    return false;
  }

  #closeService(service: Source, gateway: Source | undefined, at: number): void {
    service.close(at, (minute) => gateway?.aliveAt(minute) ?? false);
  }

  #gatewayOf({ event }: Source): Source | undefined {
    return this.#gateways.peek(`${event.tenant}|${event.gateway}`);
  }

  /** Silent, or next to it, for so long that this is how things are: what is heard of it later is something new. */
  #isGone({ lull, lastAt }: Source, now: number): boolean {
    if (now - lastAt > 30 * DAY_MS) return true;
    return lull !== undefined && Number.isFinite(lull.toldAt) && now - lull.since * MINUTE_MS > DAY_MS + AGAIN_MS;
  }

  #source(kind: Source['kind'], map: BoundedMap<Source>, key: string, event: ApiEvent, at: number): Source {
    const known = map.get(key);
    if (known) return known;
    const made = new Source(kind, event, at);
    map.set(key, made);
    if (this.#list.size >= 2 * MAX_SOURCES) this.#list.clear();
    this.#list.set(made, key);
    return made;
  }
}

const viewOf = (source: Source, lull: Lull, everything: boolean): SourceView => ({
  kind: source.kind,
  silenceMs: (lull.peakAt - lull.since) * MINUTE_MS,
  longestGapMs: lull.longestGapMs,
  lifeMs: lull.since * MINUTE_MS - source.firstAt,
  score: lull.peak,
  maxScore: source.maxScore,
  heard: lull.heard,
  expected: lull.expected,
  callers: source.callers.size,
  everything,
});
