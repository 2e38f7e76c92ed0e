import type { Severity } from '@outrider/domain/detection/alert';
import type { ScrapingSettings } from './scraping.settings.ts';

export const SCRAPING_VERSION = '2';

export interface ScrapingView {
  /** Objects new to the caller in half a day to a day, all its requests for objects, and the most before. */
  readonly objects: number;
  readonly requests: number;
  readonly most: number;
  /** What it created and changed meanwhile, beyond what it ever did in such a time. */
  readonly made: number;
  /** Different objects of the template that anybody ever asked for. */
  readonly known: number;
  readonly lists: number;
  readonly authenticated: boolean;
  readonly crawler: boolean;
  readonly knownForHours: number;
  readonly alike: number;
  /** New objects in five to ten minutes, the most before, the most of any other caller, and their share of all its requests. */
  readonly burst: number;
  readonly mostBurst: number;
  readonly peersBurst: number;
  readonly burstShare: number;
  /** Other callers of the template, and those that do as it does now. */
  readonly others: number;
  readonly alikeBurst: number;
  /** New objects of this template among all requests of the caller in ten minutes. */
  readonly trafficShare: number;
}

export interface ScrapingVerdict {
  readonly limit: number;
  readonly coverage: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Without credentials, one object after the other, far more in minutes than anybody here reads, and nothing besides: no person, no application. */
export const judgeBurst = (view: ScrapingView, s: ScrapingSettings): ScrapingVerdict | undefined => {
  if (
    view.authenticated ||
    view.others < s.burstOthers ||
    view.alikeBurst >= s.alike ||
    view.burst <= view.lists * s.perList
  )
    return undefined;
  const floor = s.burstObjects * (view.crawler ? s.crawlerFactor : 1);
  const limit = Math.max(floor, s.overBurst * Math.max(view.mostBurst, view.peersBurst));
  if (view.burst < limit || view.burstShare < s.burstShare) return undefined;
  return {
    limit: Math.ceil(limit),
    coverage: Math.min(1, view.burst / Math.max(view.known, view.burst)),
    severity: 'medium',
    confidence: Math.min(0.9, 0.75 + 0.05 * Math.log2(view.burst / limit)),
  };
};

export const judgeScraping = (view: ScrapingView, s: ScrapingSettings): ScrapingVerdict | undefined => {
  const unknown = view.authenticated && view.knownForHours < s.habitHours;
  const floor = (unknown ? s.unknownObjects : s.objects) * (view.crawler ? s.crawlerFactor : 1);
  const limit = Math.max(floor, s.overHabit * view.most);
  if (view.objects - view.made < limit || view.objects < s.minNewShare * view.requests) return undefined;
  if (!view.authenticated && view.trafficShare < s.minTrafficShare) return undefined;
  const coverage = Math.min(1, view.objects / Math.max(view.known, view.objects));
  if (coverage < s.coverage || view.alike >= s.alike || view.objects <= view.lists * s.perList) return undefined;
  return {
    limit: Math.ceil(limit),
    coverage,
    severity: view.authenticated && view.objects >= 4 * limit ? 'high' : 'medium',
    confidence: Math.min(0.95, 0.82 + 0.05 * Math.log2(view.objects / limit)),
  };
};
