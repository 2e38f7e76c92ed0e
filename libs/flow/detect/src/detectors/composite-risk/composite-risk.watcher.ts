import type { Finding } from '@outrider/domain/detection/alert';
import { familyOf } from '@outrider/domain/detection/alert-family';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { COMPOSITE_RISK_VERSION, decayed, judgeComposite, weightOf, type Sign } from './composite-risk.detector.ts';
import type { CompositeRiskSettings } from './composite-risk.settings.ts';

interface Risk {
  readonly signs: Map<string, Sign>;
  readonly evidence: Evidence;
  /** Latest finding that is an incident by itself. */
  seriousAt: number;
  reportedAt: number;
}

const fresh = (): Risk => ({
  signs: new Map(),
  evidence: new Evidence(),
  seriousAt: Number.NEGATIVE_INFINITY,
  reportedAt: Number.NEGATIVE_INFINITY,
});

export class CompositeRiskWatcher implements Watcher {
  /** Goes by findings alone. */
  readonly statusClasses = [] as const;
  readonly #risks: BoundedMap<Risk>;

  constructor(private readonly deps: DetectorDeps<CompositeRiskSettings>) {
    this.#risks = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#risks.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#risks.forgetLanes(lanes);
  }

  observe(): undefined {
    return undefined;
  }

  heard(finding: Finding, event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (finding.type === 'composite-risk' || finding.simulated) return undefined;
    const { entity } = caller;
    if (finding.entity.kind !== entity.kind || finding.entity.id !== entity.id) return undefined;
    const settings = this.deps.settings.of(event);
    const risk = this.#risks.getOrMake(caller.key, fresh, caller.lane);
    if (finding.severity === 'high' || finding.severity === 'critical') {
      risk.seriousAt = at;
      return undefined;
    }
    keepStrongest(risk.signs, finding, at, settings);
    risk.evidence.add(event, at);
    if (at < risk.reportedAt + REPORT_EVERY_MS || at - risk.seriousAt < settings.halfLifeHours * HOUR_MS)
      return undefined;
    const signs = [...risk.signs.values()];
    const score = judgeComposite(signs, at, settings);
    if (score === undefined) return undefined;
    risk.reportedAt = at;
    return this.#finding(event, at, caller, risk, score, settings);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const risk = this.#risks.peek(caller.key);
    if (risk === undefined) return undefined;
    const settings = this.deps.settings.of(event);
    const parts = [...risk.signs].map(([family, sign]) => `${family} ${decayed(sign, at, settings).toFixed(2)}`);
    return `Weak signs on ${caller.entity.name}: ${parts.join(', ')}; ${settings.minFamilies} families and ${settings.minRisk} together are told.`;
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    risk: Risk,
    score: number,
    settings: CompositeRiskSettings,
  ): Draft {
    const { entity } = caller;
    const signs = [...risk.signs.values()].sort((a, b) => decayed(b, at, settings) - decayed(a, at, settings));
    const told = signs.map((sign) => `${sign.type} (${decayed(sign, at, settings).toFixed(2)})`);
    return findingOf({
      event,
      entity,
      type: 'composite-risk',
      version: COMPOSITE_RISK_VERSION,
      severity: 'high',
      confidence: Math.min(0.95, score),
      at,
      from: Math.min(...signs.map((sign) => sign.at)),
      observed: { metric: 'risk of weak signs together', value: Math.round(score * 1000) / 1000, unit: 'probability' },
      expected: { low: 0, high: settings.minRisk, mean: 0, n: signs.length, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} shows ${signs.length} kinds of weak signs, none of which is serious alone: ${told.join(', ')}. Together they are abuse with a chance of ${(score * 100).toFixed(0)} % (from ${(settings.minRisk * 100).toFixed(0)} % on it is told). Look at them as one story.`,
      evidence: risk.evidence,
    });
  }
}

/** A family counts once, by the sign that weighs most now. */
const keepStrongest = (
  signs: Map<string, Sign>,
  finding: Finding,
  at: number,
  settings: CompositeRiskSettings,
): void => {
  const family = familyOf(finding.type);
  const weight = weightOf(finding, settings);
  const known = signs.get(family);
  if (known === undefined || weight >= decayed(known, at, settings))
    signs.set(family, { type: finding.type, weight, at });
};
