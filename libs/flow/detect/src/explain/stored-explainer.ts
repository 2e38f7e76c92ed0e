import type { EventExplanation } from '@outrider/domain/detection/explanation';
import { TransientError } from '@outrider/platform/errors';
import { EventExplainer } from '@outrider/ports/detector-guide';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import type { TeachingTimes } from '../baseline/teaching-time.ts';
import type { Rule } from '../rules/rule.ts';
import { DetectSettings } from '../settings.ts';
import { explainEvent } from './event-explanation.ts';
import type { TenantKnowledge } from './tenant-knowledge.ts';

export interface ExplainerParts {
  readonly settings: DetectSettings;
  readonly baselines: BaselineSource;
  /** As `baselines` has them. */
  readonly teaching: TeachingTimes;
  /** The rules in force. */
  readonly rules: () => readonly Rule[];
  readonly knowledge: Pick<TenantKnowledge, 'of'>;
}

/** Replays at once, some 20 MB and up to a second of CPU each; further ones are told to come again. */
const MAX_AT_ONCE = 2;
/** One caller's past needs few of what a process holds for all. */
const SMALL = {
  maxCallers: 1_000,
  maxFailingCallers: 1_000,
  maxProfiles: 1_000,
  maxEndpoints: 10_000,
  maxBaselines: 10,
};

/** Explains stored events with an engine made for each question. */
export class StoredExplainer extends EventExplainer {
  #running = 0;

  constructor(private readonly parts: ExplainerParts) {
    super();
  }

  async explain(question: Parameters<EventExplainer['explain']>[0]): Promise<EventExplanation> {
    if (this.#running >= MAX_AT_ONCE) throw new TransientError('too many events are being explained', 'busy');
    this.#running++;
    try {
      const { baselines, teaching, rules } = this.parts;
      const settings = { ...this.parts.settings, ...SMALL };
      const known = await this.parts.knowledge.of(question.event.tenant);
      return await explainEvent(
        { settings, baselines, teaching, controls: question.controls, rules: rules(), known },
        question,
      );
    } finally {
      this.#running--;
    }
  }
}
