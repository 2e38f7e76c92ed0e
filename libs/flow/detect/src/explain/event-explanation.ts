import type { Finding } from '@outrider/domain/detection/alert';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import type { DetectorVerdict, EventExplanation } from '@outrider/domain/detection/explanation';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, entityKey } from '@outrider/domain/traffic/entity';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { ALL_TIME, type TeachingTimes } from '../baseline/teaching-time.ts';
import { LiveControls } from '../controls/live-controls.ts';
import { CATALOGUE } from '../detectors/catalogue.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { DetectorDefinition } from '../engine/detector.ts';
import { windowTime } from '../engine/event-facts.ts';
import { Turns } from '../offline/turns.ts';
import type { Rule } from '../rules/rule.ts';
import { RuleSet } from '../rules/rule-set.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { readFacts } from './read-facts.ts';
import type { KnownEndpoints } from './tenant-knowledge.ts';

export interface ExplainParts {
  readonly settings: DetectSettings;
  readonly baselines: BaselineSource;
  /** As `baselines` has them. */
  readonly teaching?: TeachingTimes;
  readonly controls: AllControls;
  readonly rules: readonly Rule[];
  /** Absent: templates as the events have them, and no documents. */
  readonly known?: KnownEndpoints;
}

export interface ExplainQuestion {
  readonly event: ApiEvent;
  /** In order of event time; the event itself is left out if it is there. */
  readonly before: Iterable<ApiEvent>;
  readonly truncated: boolean;
}

/** Events between two looks at the clock: a replay must not hold a server up. */
const PIECE = 20;

/**
 * Replays what came before through the live detectors and asks each of them about the event. What no person decided is found first:
 * exceptions and states are told beside it.
 */
export const explainEvent = async (parts: ExplainParts, question: ExplainQuestion): Promise<EventExplanation> => {
  const { known } = parts;
  const event = known?.templates.applied(question.event) ?? question.event;
  const controls = new LiveControls();
  controls.refresh(parts.controls);
  const undecided = new LiveControls();
  undecided.refresh({ overrides: parts.controls.overrides.map((one) => ({ ...one, state: null })), exceptions: [] });
  const engine = new DetectionEngine(parts.settings, parts.baselines, {
    controls: undecided,
    teaching: parts.teaching ?? ALL_TIME,
    rules: RuleSet.compile(parts.rules),
  });
  if (known) engine.knowledge.documents = known.documents;
  const { count: replayed, told } = await replay(engine, question, known);
  const before = { ...engine.counts.excluded, late: engine.counts.late };
  const findings: Finding[] = [];
  await engine.observe(event, 0, findings);
  const now = { ...engine.counts.excluded, late: engine.counts.late };
  const excluded = REASONS.find((reason) => now[reason] > before[reason]);
  const says = new Map(excluded === undefined ? engine.explain(event, 0).map((one) => [one.type, one.says]) : []);
  const { explaining } = engine;
  const verdict = verdictOf({ parts, event, controls, excluded, findings, says, explaining, told });
  return {
    eventId: eventId(event),
    read: [...readFacts(event)],
    excluded: excluded ?? null,
    replayed,
    truncated: question.truncated,
    detectors: CATALOGUE.map(verdict),
    rules: engine.rules.explain(event).map(({ group, matched, ...rule }) => ({
      ...rule,
      matched: [...matched],
      group: group === undefined ? null : { ...group },
    })),
    exceptions: exceptionsOf(controls, event, findings),
    findings: findings.flatMap((finding) => controls.pass(finding, event) ?? []),
  };
};

/** `told`: the latest finding of each type on the event's caller. */
const replay = async (
  engine: DetectionEngine,
  { event, before }: ExplainQuestion,
  known: KnownEndpoints | undefined,
): Promise<{ readonly count: number; readonly told: ReadonlyMap<string, Finding> }> => {
  const own = eventId(event);
  const caller = entityKey(callerOf(event));
  const findings: Finding[] = [];
  const told = new Map<string, Finding>();
  const turns = new Turns();
  let count = 0;
  for (const one of before) {
    if (eventId(one) === own) continue;
    await engine.observe(known?.templates.applied(one) ?? one, 0, findings);
    for (const finding of findings)
      if (finding.tenant === event.tenant && entityKey(finding.entity) === caller) told.set(finding.type, finding);
    findings.length = 0;
    if (++count % PIECE === 0) await turns.breathe();
  }
  return { count, told };
};

interface Asked {
  readonly parts: ExplainParts;
  readonly event: ApiEvent;
  readonly controls: LiveControls;
  readonly excluded: keyof typeof EXCLUDED | undefined;
  readonly findings: readonly Finding[];
  readonly says: ReadonlyMap<string, string>;
  readonly explaining: ReadonlySet<string>;
  readonly told: ReadonlyMap<string, Finding>;
}

const verdictOf =
  ({ parts, event, controls, excluded, findings, says, explaining, told }: Asked) =>
  (definition: DetectorDefinition): DetectorVerdict => {
    const { type, page } = definition;
    const base = settingsOf(parts.settings, definition);
    const tuned = differing(base, controls.tuned(definition, base).of(event));
    const state = controls.stateOf(type, event.tenant, event);
    const common = { type, title: page.title, state, tuned };
    if (excluded !== undefined) return { ...common, outcome: 'not-asked', says: EXCLUDED[excluded] };
    if (!base.enabled) return { ...common, outcome: 'not-asked', says: 'it is not enabled in this process' };
    const found = findings.filter((finding) => finding.type === type);
    const [first] = found;
    if (first) {
      const isTold = found.some((finding) => controls.pass(finding, event) !== undefined);
      return { ...common, outcome: isTold ? 'finding' : 'held', says: first.explanation };
    }
    const why = [says.get(type), lately(told.get(type), event)].filter((part) => part !== undefined);
    if (why.length > 0) return { ...common, outcome: 'concerned', says: why.join(' ') };
    return explaining.has(type)
      ? { ...common, outcome: 'unconcerned', says: 'not concerned' }
      : { ...common, outcome: 'unexplained', says: 'no finding; it keeps no account of single events' };
  };

/** A matter that goes on is not reported with every event. */
const lately = (finding: Finding | undefined, event: ApiEvent): string | undefined => {
  const agoMs = windowTime(event) - (finding?.detectedAt ?? Number.NEGATIVE_INFINITY);
  if (!finding || agoMs > LATELY_MS) return undefined;
  return `It reported the caller ${Math.max(0, Math.round(agoMs / 1_000))} s before: ${finding.explanation}`;
};
const LATELY_MS = 900_000;

const EXCLUDED = {
  preflight: 'a preflight request (OPTIONS) counts for no detector',
  'health-check': 'a health check counts for no detector',
  late: 'it is older than the windows reach',
} as const;
const REASONS = ['preflight', 'health-check', 'late'] as const;

const differing = (base: object, now: object): Record<string, unknown> => {
  const before = new Map<string, unknown>(Object.entries(base));
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => JSON.stringify(before.get(name)) !== JSON.stringify(value)),
  );
};

/** Exceptions that hold for a finding of this event, or would for one about its caller. */
const exceptionsOf = (
  controls: LiveControls,
  event: ApiEvent,
  findings: readonly Finding[],
): EventExplanation['exceptions'] => {
  const about = {
    type: 'request-spike' as const,
    entity: callerOf(event),
    detectedAt: windowTime(event),
    scope: { services: [], routes: [], endpoints: [], tags: [...event.consumerTags] },
  };
  const held = findings.flatMap((finding) => controls.exceptionOf(event.tenant, finding, event) ?? []);
  const all = new Map([...controls.exceptionsAbout(event, about), ...held].map((one) => [one.id, one]));
  return [...all.values()].map(({ id, reason, until, types }) => ({ id, reason, until, types: [...types] }));
};
