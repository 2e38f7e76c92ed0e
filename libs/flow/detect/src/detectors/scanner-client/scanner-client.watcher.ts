import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { agentTerm, CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import {
  classOf,
  judgeScanner,
  SCANNER_CLIENT_VERSION,
  type ClientClass,
  type ScannerVerdict,
} from './scanner-client.detector.ts';
import type { ScannerClientSettings } from './scanner-client.settings.ts';
import { toolOfPath } from './tool-path.ts';

const MAX_PATHS = 64;
const MAX_TENANTS = 1_000;
const MAX_NAMELESS = 64;
/** Part of its requests that a client that knows its way is answered well. */
const FOUND = 0.95;
/** Named client that a nameless address is, for one finding. */
const NAMELESS = 'no user agent at all';

/** What every crawler and every browser asks an address for. */
const POLITE = new Set(['/', '/robots.txt', '/favicon.ico', '/sitemap.xml', '/apple-touch-icon.png', '/apple-touch-icon-precomposed.png', '/.well-known/security.txt', '/security.txt', '/ads.txt', '/humans.txt', '/index.html', '']); // prettier-ignore

class Scanner {
  since = Number.NEGATIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  requests = 0;
  answered = 0;
  /** Answered 2xx or 3xx. */
  served = 0;
  /** A path that only the tool asks for. */
  marked = false;
  readonly paths = new Set<number>();
  readonly evidence = new Evidence();

  add(event: ApiEvent, at: number, spanMs: number): void {
    if (at - this.since > spanMs) {
      this.since = at;
      this.requests = 0;
      this.answered = 0;
      this.served = 0;
      this.marked = false;
      this.paths.clear();
    }
    if (at > this.lastAt) this.lastAt = at;
    this.requests++;
    if (event.status >= 200 && event.status < 300) this.answered++;
    if (event.status >= 200 && event.status < 400) this.served++;
    if (this.paths.size < MAX_PATHS && !POLITE.has(event.path)) this.paths.add(hash32(event.path));
    this.evidence.add(event, at);
  }
}

export class ScannerClientWatcher implements Watcher {
  readonly #scanners: BoundedMap<Scanner>;
  /** Addresses without a client's name that a tenant answers, as long as they are few. */
  readonly #nameless = new BoundedMap<Set<number>>(MAX_TENANTS);

  constructor(private readonly deps: DetectorDeps<ScannerClientSettings>) {
    this.#scanners = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#scanners.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#scanners.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#scanners.forgetParts(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const marked = event.status >= 400 && caller.agent.tool === '' ? toolOfPath(event.path) : undefined;
    const agent = marked ?? caller.agent;
    if (agent.tool === '' && agent.kind !== 'empty') return undefined;
    const client = classOf(agent);
    // without any header in the log nobody knows what the client called itself
    if (client === undefined || (client === 'nameless' && event.clientFingerprint === '')) return undefined;
    // who only follows links of a mail, as its servers do to see where they lead
    if (client === 'nameless' && event.status >= 300 && event.status < 400) return undefined;
    const settings = this.deps.settings.of(event);
    if (isOwnTool(caller, agent, client, at, settings)) return undefined;
    const key = `${caller.key}|${client}`;
    const scanner = this.#scanners.getOrMake(key, () => new Scanner(), caller.lane);
    scanner.add(event, at, client === 'nameless' ? HOUR_MS : DAY_MS);
    if (marked !== undefined) scanner.marked = true;
    if (client === 'nameless' && this.#isUsual(event, scanner, settings)) return undefined;
    if (at < scanner.reportedAt + REPORT_EVERY_MS) return undefined;
    const verdict = this.#judge(caller, scanner, client, settings);
    if (verdict === undefined) return undefined;
    scanner.reportedAt = at;
    return finding(event, at, caller, agent, client, scanner, verdict);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const client = classOf(caller.agent);
    const scanner = client && this.#scanners.peek(`${caller.key}|${client}`);
    if (client === undefined || scanner === undefined) return undefined;
    const settings = this.deps.settings.of(event);
    if (isOwnTool(caller, caller.agent, client, at, settings)) return undefined;
    return `${nameOf(caller.agent)} asked for ${scanner.paths.size} different paths in ${scanner.requests} requests (limits ${client === 'survey' ? settings.surveyPaths : client === 'nameless' ? settings.namelessPaths : settings.paths} paths, ${settings.requests} requests).`;
  }

  #judge(
    caller: Caller,
    scanner: Scanner,
    client: Exclude<ClientClass, undefined>,
    settings: ScannerClientSettings,
  ): ScannerVerdict | undefined {
    return judgeScanner(
      {
        client,
        requests: scanner.requests,
        paths: scanner.paths.size,
        answered: scanner.answered,
        marked: scanner.marked,
        authenticated: caller.profile !== undefined,
      },
      settings,
    );
  }

  /** Devices that name no client are this tenant's ordinary traffic. */
  #isUsual(event: ApiEvent, scanner: Scanner, settings: ScannerClientSettings): boolean {
    const known = this.#nameless.getOrMake(event.tenant, () => new Set());
    if (known.size >= settings.namelessUsual) return true;
    // mail gateways that look at every link name nobody either, and find what they ask for
    const finds = scanner.served >= FOUND * scanner.requests;
    const few = scanner.answered >= 3 && scanner.paths.size < settings.namelessPaths;
    if (scanner.served >= 3 && (few || finds) && known.size < MAX_NAMELESS) known.add(hash32(event.clientIp));
    return false;
  }
}

/** Somebody with a credential who always used it tests himself; one without a user agent is known by the credential. */
const isOwnTool = (
  caller: Caller,
  agent: UserAgent,
  client: ClientClass,
  at: number,
  settings: ScannerClientSettings,
): boolean => {
  const { profile } = caller;
  if (profile === undefined) return false;
  if (client === 'nameless') return true;
  const since = profile.agents.firstAt(CallerProfile.term(agentTerm(agent)));
  return since !== undefined && at - since >= settings.knownDays * DAY_MS;
};

const nameOf = (agent: UserAgent): string => (agent.kind === 'empty' ? NAMELESS : agent.family);

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  agent: UserAgent,
  client: ClientClass,
  scanner: Scanner,
  verdict: ScannerVerdict,
): Draft => {
  const { entity } = caller;
  const says =
    client === 'nameless'
      ? `names ${NAMELESS}`
      : scanner.marked
        ? `asked for paths that nobody but ${nameOf(agent)}, a tool for ${PURPOSE[agent.tool] ?? 'attacks'}, asks for`
        : `calls itself ${nameOf(agent)}, a tool for ${PURPOSE[agent.tool] ?? 'attacks'}`;
  return findingOf({
    event,
    entity,
    type: 'scanner-client',
    version: SCANNER_CLIENT_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: Math.min(scanner.since, at),
    observed: { metric: 'different paths asked for by a tool', value: scanner.paths.size, unit: 'in 24 h' },
    expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${entity.name} ${says}; it sent ${scanner.requests} requests for ${scanner.paths.size}${scanner.paths.size >= MAX_PATHS ? ' or more' : ''} different path${scanner.paths.size === 1 ? '' : 's'}, ${scanner.answered} of which were answered 2xx (from ${verdict.limit} on ${verdict.limit === 1 ? 'such path ' : ''}it is told). Whoever attacks often does not care to hide the tool; if it is no test of your own, block it.`,
    evidence: scanner.evidence,
    ...(scanner.marked ? {} : { only: client === 'nameless' ? "user_agent IN ('', '-')" : "user_agent != ''" }),
  });
};

const PURPOSE: Readonly<Record<string, string>> = {
  injection: 'injections',
  'content-discovery': 'finding hidden paths',
  fuzzer: 'fuzzing',
  'vulnerability-scan': 'finding weak spots',
  'cms-scan': 'finding weak spots of web sites',
  'port-scan': 'scanning ports',
  recon: 'reconnaissance',
  credential: 'guessing passwords',
  exploit: 'exploits',
  load: 'exhausting servers',
  'internet-survey': 'surveys of the internet',
};
