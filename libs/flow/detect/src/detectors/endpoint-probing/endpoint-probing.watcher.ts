import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { PACKAGE_MANAGER_FAMILIES } from '@outrider/domain/traffic/user-agent-names';
import { KnownSet } from '../../duplicates/known-set.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { bucketOf, DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { ENDPOINT_PROBING_VERSION, judgeEndpointProbing, type ProbingVerdict } from './endpoint-probing.detector.ts';
import type { EndpointProbingSettings } from './endpoint-probing.settings.ts';
import { Prober } from './prober.ts';
import { ScanCrowds, type CrowdScan } from './scan-crowd.ts';
import { bitsIn, isTelling, tellsOfScan, wordListKinds } from './word-list-path.ts';

/** Path templates that have worked for somebody; 16 bytes each. */
const MAX_WORKING_PATHS = 500_000;
/** An endpoint that answered more often is in use, whatever its name. */
const IN_USE = 20;

/** Refusals of an address before it is taken for one of a crowd. */
const MIN_LOST = 3;

/** What a scan is answered with: by the upstream, by Kong's routes and by its plugins. */
const isRefusal = (status: number): boolean =>
  status === 404 || status === 403 || status === 400 || status === 401 || status === 405 || status === 410 ||
  status === 414 || status === 426 || status === 429 || status === 501; // prettier-ignore

export class EndpointProbingWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4, 5] as const;
  readonly #callers: BoundedMap<Prober>;
  readonly #crowds = new ScanCrowds();
  readonly #working = new KnownSet(MAX_WORKING_PATHS);

  constructor(private readonly deps: Pick<DetectorDeps<EndpointProbingSettings>, 'settings' | 'maxCallers'>) {
    this.#callers = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#callers.evicted + this.#crowds.evicted;
  }

  /** What ever worked for anybody stays known. */
  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint !== undefined && endpoint.successes > IN_USE) return undefined;
    const { status } = event;
    const worked = status >= 200 && status < 400;
    if (!worked && !isRefusal(status)) return undefined;
    const kinds = wordListKinds(event.pathTemplate);
    const wasWorking = endpoint !== undefined || (this.#working.has(workKey(event)) && !this.#isHostless(event));
    if (worked && !wasWorking) {
      this.#working.add(workKey(event));
      this.#working.add(hostKey(event));
    }
    if (kinds === 0 && (worked || wasWorking)) return undefined;
    const prober = this.#callers.getOrMake(caller.key, () => new Prober(), caller.lane);
    if (kinds !== 0) prober.wordListed(at, event.pathTemplate, kinds);
    if (!worked && !wasWorking) {
      prober.refuse(at, event.pathTemplate, status, event.refusal === 'no-route' ? event.host : '');
      if (kinds !== 0 && isTelling(event.pathTemplate, kinds)) prober.refuseWord(at, event.pathTemplate, kinds);
    }
    prober.evidence.add(event, at);
    const found = this.#judged(event, at, caller, prober);
    if (found !== undefined || worked || at < prober.log.reportedAt + HOUR_MS) return found;
    return this.#judgedCrowd(event, at, caller, prober, kinds, wasWorking);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    if (!isRefusal(event.status)) return undefined;
    const prober = this.#callers.peek(caller.key);
    if (prober === undefined || prober.refused === 0) return undefined;
    const settings = this.deps.settings.of(event);
    return `${caller.entity.name} asked for ${prober.log.within(60_000).distinct} different paths that never worked within a minute (limit ${settings.distinct60s}) and ${prober.log.within(600_000).distinct} within ten (limit ${settings.distinct10m}).`;
  }

  /** Kong has no route for it, and never had one for its host: what works elsewhere says nothing then. */
  #isHostless(event: ApiEvent): boolean {
    return event.refusal === 'no-route' && event.host !== '' && !this.#working.has(hostKey(event));
  }

  #judgedCrowd(
    event: ApiEvent,
    at: number,
    caller: Caller,
    prober: Prober,
    kinds: number,
    wasWorking: boolean,
  ): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const scan =
      (kinds !== 0 ? this.#crowds.asked(event, at, kinds, caller.entity, settings) : undefined) ??
      (wasWorking || !isLost(event, at, caller, prober, settings)
        ? undefined
        : this.#crowds.refused(event, at, caller.entity, settings));
    return scan && crowdFinding(event, at, caller, scan);
  }

  #judged(event: ApiEvent, at: number, caller: Caller, prober: Prober): Draft | undefined {
    const { log } = prober;
    const settings = this.deps.settings.of(event);
    const few =
      log.total < settings.distinct60s &&
      prober.wordListTotal < settings.wordListPaths10m &&
      (prober.refusedWordTotal < settings.refusedWords10m || log.total < settings.refusedWordPaths10m);
    if (few || !log.worthALook || at < log.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = bucketOf(Math.max(log.lastAt, at));
    const isSlow = log.total >= settings.distinct1h && log.total % 8 === 0;
    const verdict = judgeEndpointProbing(
      {
        in60s: log.within(60_000),
        in10m: log.within(600_000),
        ...(isSlow && { in1h: log.within(HOUR_MS), in24h: log.within(DAY_MS) }),
        requests60s: caller.requests(head - 5, head),
        requests10m: caller.requests(head - 59, head),
        wordList10m: prober.wordListWithin(600_000),
        wordList24h: prober.wordListWithin(DAY_MS),
        wordListKinds: bitsIn(prober.wordListKinds),
        refusedWords10m: tellsOfScan(prober.refusedWordKinds) ? prober.refusedWordsWithin(600_000) : 0,
        parents: prober.parents.size,
        unauthenticatedShare: prober.unauthenticated / Math.max(1, prober.refused),
        crawler: caller.agent.kind === 'bot',
        packages: PACKAGE_MANAGER_FAMILIES.has(caller.agent.family),
      },
      settings,
    );
    if (!verdict) return undefined;
    log.reportedAt = at;
    return findingFor(event, at, caller, prober, verdict);
  }
}

/** Of an address that gets hardly anything else: with a few refusals among good answers it is a guest like others. */
const isLost = (
  { status }: ApiEvent,
  at: number,
  caller: Caller,
  prober: Prober,
  { minErrorShare }: EndpointProbingSettings,
): boolean => {
  if (status !== 404 && status !== 403 && status !== 405 && status !== 410) return false;
  if (caller.agent.kind === 'bot' || caller.agent.kind === 'monitor' || prober.refused < MIN_LOST) return false;
  const head = bucketOf(at);
  return prober.log.within(600_000).failures >= minErrorShare * caller.requests(head - 59, head);
};

const hostKey = (event: ApiEvent): string => `${event.tenant}||${event.host}`;
const workKey = (event: ApiEvent): string => `${event.tenant}|${event.pathTemplate}`;

const spanOf = (ms: number): string => (ms >= HOUR_MS ? `${ms / HOUR_MS} h` : `${ms / 60_000} min`);

const findingFor = (event: ApiEvent, at: number, caller: Caller, prober: Prober, verdict: ProbingVerdict): Draft => {
  const { entity } = caller;
  const span = spanOf(verdict.windowMs);
  const words = verdict.rule === 'word-list';
  const hosts = prober.hosts.size >= verdict.distinct / 2 ? ` of ${prober.hosts.size + 1} hosts` : '';
  return findingOf({
    event,
    entity,
    type: 'endpoint-probing',
    version: ENDPOINT_PROBING_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: at - verdict.windowMs,
    observed: {
      metric: words ? 'distinct paths of word lists' : 'distinct refused paths',
      value: verdict.distinct,
      unit: `in ${span}`,
    },
    expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: words
      ? `${entity.name} asked for ${verdict.distinct} different paths of ${bitsIn(prober.wordListKinds)} kinds that scanners have in their lists (hidden files, backups, scripts of other platforms, known products) within ${span} (fewer than ${verdict.limit} are let pass), whatever they were answered. This is how an API is searched for weak spots; if it is no scan of your own, block it.`
      : `${entity.name} asked for ${verdict.distinct} different paths${hosts} that do not exist or are forbidden within ${span} (fewer than ${verdict.limit} are let pass${verdict.rule === 'refused-words' ? ' where most are names that scanners have in their lists' : ''}); ${verdict.refused} of its ${verdict.requests} requests were refused. This is how an API is searched for weak spots; if it is no scan of your own, block it.`,
    evidence: prober.evidence,
    ...(words ? {} : { only: 'status IN (400, 401, 403, 404, 405, 410, 414, 426, 429, 501)' }),
  });
};

const crowdFinding = (event: ApiEvent, at: number, caller: Caller, scan: CrowdScan): Draft => {
  const { entity, prober, addresses, distinct, limit } = scan;
  const words = scan.rule === 'word-list';
  return findingOf({
    event,
    entity,
    type: 'endpoint-probing',
    version: ENDPOINT_PROBING_VERSION,
    severity: 'medium',
    confidence: 0.82,
    at,
    from: at - HOUR_MS,
    observed: {
      metric: words ? 'distinct paths of word lists' : 'distinct refused paths',
      value: distinct,
      unit: 'in 1 h',
    },
    expected: { low: 0, high: limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${addresses} addresses with one and the same client, ${entity.name} the first of them, asked for ${distinct} different paths ${words ? `of ${bitsIn(prober.wordListKinds)} kinds that scanners have in their lists` : 'that do not exist or are forbidden, hardly one of them twice,'} within an hour, a few each (fewer than ${limit} are let pass). This is a scan by way of many addresses: block the client's form rather than single addresses.`,
    evidence: prober.evidence,
  });
};
