import { parseAttacks } from '@outrider/domain/signals/attack-family';
import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import { bucketOf, DAY_MS } from '../../windows/time.ts';
import {
  INJECTION_PROBING_VERSION,
  judgeInjection,
  judgeRequest,
  type InjectionVerdict,
} from './injection-probing.detector.ts';
import type { InjectionProbingSettings } from './injection-probing.settings.ts';
import { isFreePlace, isOddClient, isSurePlace, weightOf } from './sure-place.ts';
import { UsualProbes } from './usual-probes.ts';

const FAST_MS = 600_000;
/** Addresses and variants of one caller that are counted. */
const MAX_DIFFERENT = 32;
/** Of texts at sure places that look alike so many count in a day; of those that leave no doubt one. */
const MAX_ALIKE = 3;

/** Part of a caller's probes that stand where texts do: it hands them on. */
const PASSED = 0.95;

/** What of a query's outline could be a probe itself. */
const PLAIN_QUERY =
  /^(?:[\w.-]{1,64}=(?:-?\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?:int|decimal|bool|empty|date|uuid|hex|word|special|privilege):\d+)(?:&|$))*$/;
const PLAIN_PATH = /^[\w/.~-]*$/;
/** They cannot be written in letters alone, as names of files and hosts can. */
const SIGNS = /(?:sqli|nosql|xss|ssti|crlf|xxe):/;

/** What tells probes apart. Those in cookies and other headers leave no text: each second has its own. */
const markOf = (event: ApiEvent, at: number): string => {
  const text = `${event.method} ${event.path}?${event.query} ${event.attacks}`;
  if (isOddClient(event.userAgent)) return `${text} ${event.userAgent}`;
  const isElsewhere =
    SIGNS.test(event.attacks) &&
    PLAIN_PATH.test(event.path) &&
    !event.path.includes('..') &&
    PLAIN_QUERY.test(event.query);
  return isElsewhere ? `${text} ${Math.floor(at / 1000)}` : text;
};

/** One caller's probes of the last day. */
class Prober {
  readonly log = new FailureLog();
  /** Those that are not even usual somewhere at the service. */
  unusual: FailureLog | undefined;
  /** Operators of document stores that are honest in some APIs: they count beside a probe. */
  hints: FailureLog | undefined;
  /** Those that stand where no honest text does, how often each came, and when the latest came that leaves no doubt by itself. */
  firm: FailureLog | undefined;
  readonly firmSeen = new Map<number, number>();
  aloneAt = Number.NEGATIVE_INFINITY;
  readonly evidence = new Evidence();
  readonly families = new Map<string, number>();
  readonly addresses = new Set<number>();
  readonly variants = new Set<string>();
  firstAt = 0;
  certainAt = Number.NEGATIVE_INFINITY;
  reached = 0;
  probes = 0;
  /** In a search, a filter or a text, and answered 2xx. */
  passed = 0;
  /** The caller's requests when the first of them came. */
  requestsBefore = 0;

  /** A day without any: what was before is over. */
  renew(at: number, requests: number): void {
    if (this.probes > 0 && at - this.log.lastAt < DAY_MS) return;
    this.families.clear();
    this.addresses.clear();
    this.variants.clear();
    this.firmSeen.clear();
    this.firstAt = at;
    this.reached = 0;
    this.probes = 0;
    this.passed = 0;
    this.requestsBefore = requests;
  }
}

const textsOf = (n: number): string => (n === 1 ? 'an injection text' : `${n} different injection texts`);

const reachedSays = ({ reached, probes }: Prober): string =>
  reached === 0
    ? 'none was answered 2xx or 5xx, so that nothing shows that one got through'
    : `${probes === 1 ? 'it was' : `${reached} of ${probes} were`} answered 2xx or 5xx: look at what the endpoint makes of such texts`;

/** Texts of one length look alike in the log, so that each second counts; what comes all day, as a monitor's check of its firewall, does not. */
const takeFirm = (prober: Prober, event: ApiEvent, at: number, weight: ReturnType<typeof weightOf>): void => {
  if (weight === 'none' || !isSurePlace(event)) return;
  const mark = hash32(markOf(event, at)) || 1;
  const seen = prober.firmSeen.get(mark) ?? 0;
  if (seen >= (weight === 'alone' ? 1 : MAX_ALIKE) || (seen === 0 && prober.firmSeen.size >= MAX_DIFFERENT)) return;
  prober.firmSeen.set(mark, seen + 1);
  (prober.firm ??= new FailureLog()).add(at, hash32(`${mark} ${Math.floor(at / 1000)}`) || 1);
  if (weight === 'alone') prober.aloneAt = at;
};

export class InjectionProbingWatcher implements Watcher {
  readonly #probers: BoundedMap<Prober>;
  readonly #usual = new UsualProbes();

  constructor(private readonly deps: DetectorDeps<InjectionProbingSettings>) {
    this.#probers = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#probers.evicted + this.#usual.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#probers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.attacks === '') return undefined;
    const settings = this.deps.settings.of(event);
    const scores = parseAttacks(event.attacks);
    const probe = judgeRequest(scores, settings);
    const usual = this.#usual.of(event, scores, settings);
    const known = this.#probers.get(caller.key);
    if ((known?.probes ?? 0) < settings.distinct24h) this.#usual.learn(event, at, scores, caller.key, caller.prefix);
    if (probe === 'none' && usual === 'no' && scores.some(({ family }) => family === 'nosql'))
      return this.#hint(event, at, caller, known, settings);
    if (probe === 'none' || (usual === 'here' && probe !== 'certain')) return undefined;
    const prober = known ?? new Prober();
    if (known === undefined) this.#probers.set(caller.key, prober, caller.lane);
    this.#take(
      prober,
      event,
      at,
      caller,
      scores.map(({ family }) => family),
      usual === 'no',
    );
    if (probe === 'certain') prober.certainAt = at;
    // what Kong has no route for reached nobody: the noise that every address on the internet hears
    if (usual === 'no' && event.refusal !== 'no-route')
      takeFirm(prober, event, at, weightOf(scores, settings.aloneScore));
    return this.#judge(event, at, caller, prober, settings);
  }

  #hint(
    event: ApiEvent,
    at: number,
    caller: Caller,
    known: Prober | undefined,
    settings: InjectionProbingSettings,
  ): Draft | undefined {
    const prober = known ?? new Prober();
    if (known === undefined) this.#probers.set(caller.key, prober, caller.lane);
    (prober.hints ??= new FailureLog()).add(at, hash32(`${event.method} ${event.path}?${event.query}`) || 1);
    if (!prober.families.has('nosql') || at - prober.log.lastAt > FAST_MS) return undefined;
    prober.evidence.add(event, at);
    return this.#judge(event, at, caller, prober, settings);
  }

  #judge(
    event: ApiEvent,
    at: number,
    caller: Caller,
    prober: Prober,
    settings: InjectionProbingSettings,
  ): Draft | undefined {
    const { log } = prober;
    if (!log.worthALook || at < log.reportedAt + REPORT_EVERY_MS) return undefined;
    const verdict = judgeInjection(this.#view(prober, at, caller), settings);
    if (!verdict) return undefined;
    log.reportedAt = at;
    return this.#finding(event, at, caller, prober, verdict);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    if (event.attacks === '') return undefined;
    const settings = this.deps.settings.of(event);
    const scores = parseAttacks(event.attacks);
    const what = `The request shows ${event.attacks}`;
    if (judgeRequest(scores, settings) === 'none')
      return `${what}, below the score of ${settings.minScore} that counts.`;
    if (this.#usual.of(event, scores, settings) === 'here') return `${what}, which is usual at this endpoint.`;
    const prober = this.#probers.peek(caller.key);
    const view = prober && this.#view(prober, at, caller);
    return `${what}; ${caller.entity.name} sent ${view?.in10m ?? 0} different probes in 10 min (limit ${settings.distinct10m}) and ${view?.in24h ?? 0} in 24 h (limit ${settings.distinct24h}).`;
  }

  #take(
    prober: Prober,
    event: ApiEvent,
    at: number,
    caller: Caller,
    families: readonly string[],
    isUnusual: boolean,
  ): void {
    prober.renew(at, caller.profile?.requests ?? 0);
    for (const family of families) prober.families.set(family, (prober.families.get(family) ?? 0) + 1);
    prober.probes++;
    if (prober.addresses.size < MAX_DIFFERENT) prober.addresses.add(hash32(event.clientIp));
    if (prober.variants.size < MAX_DIFFERENT) prober.variants.add(event.attacks);
    if ((event.status >= 200 && event.status < 300) || event.status >= 500) prober.reached++;
    if (event.status >= 200 && event.status < 300 && isFreePlace(event)) prober.passed++;
    const mark = hash32(markOf(event, at)) || 1;
    prober.log.add(at, mark);
    if (isUnusual) (prober.unusual ??= new FailureLog()).add(at, mark);
    prober.evidence.add(event, at);
  }

  #view(prober: Prober, at: number, caller: Caller): Parameters<typeof judgeInjection>[0] {
    const head = bucketOf(Math.max(at, prober.log.lastAt));
    const fast = prober.log.within(FAST_MS);
    const hints = prober.families.has('nosql') ? (prober.hints?.within(FAST_MS).distinct ?? 0) : 0;
    const since = caller.profile === undefined ? 0 : caller.profile.requests - prober.requestsBefore;
    return {
      in10m: fast.distinct + hints,
      in24h: prober.unusual?.within(DAY_MS).distinct ?? 0,
      certain: at - prober.certainAt < FAST_MS,
      firm10m:
        at - (prober.firm?.lastAt ?? Number.NEGATIVE_INFINITY) < FAST_MS
          ? (prober.firm?.within(FAST_MS).distinct ?? 0)
          : 0,
      alone: at === prober.aloneAt,
      passesOn: caller.profile !== undefined && prober.passed >= PASSED * prober.probes,
      families: prober.families.size,
      reached: prober.reached,
      share10m: (fast.failures + hints) / Math.max(1, fast.failures + hints, caller.requests(head - 59, head)),
      addresses: caller.profile === undefined ? 0 : prober.addresses.size,
      variants: prober.variants.size,
      share: since > prober.probes ? prober.probes / since : 1,
    };
  }

  #finding(event: ApiEvent, at: number, caller: Caller, prober: Prober, verdict: InjectionVerdict): Draft {
    const { entity } = caller;
    const span = verdict.windowMs === FAST_MS ? '10 min' : '24 h';
    const top = [...prober.families].sort((a, b) => b[1] - a[1]).slice(0, 5);
    return findingOf({
      event,
      entity,
      type: 'injection-probing',
      version: INJECTION_PROBING_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: Math.max(at - verdict.windowMs, prober.firstAt),
      observed: { metric: 'different injection probes', value: verdict.distinct, unit: `in ${span}` },
      expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} sent ${textsOf(verdict.distinct)} (${top.map(([family, n]) => (n === 1 ? family : `${family} ${n}`)).join(', ')}), ${verdict.distinct === 1 ? '' : 'the latest '}to ${endpointOf(event)}${verdict.isFirm ? ', where no honest text stands' : ''}, within ${span} (from ${verdict.limit} on it is told); ${reachedSays(prober)}. If it is no test of your own, block it.`,
      evidence: prober.evidence,
      only: "attacks != ''",
    });
  }
}
