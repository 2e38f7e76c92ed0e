import type { Logger } from '@outrider/platform/logger';
import type { BaselineStore } from '@outrider/ports/baseline-store';
import type { Clock } from '@outrider/ports/clock';
import { CurrentTemplates } from '@outrider/ports/current-templates';
import type { EndpointStore } from '@outrider/ports/endpoint-store';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import { problemText } from '../rules/file/problem.ts';
import { RuleFolder, type LoadedRules } from '../rules/rule-folder.ts';
import { RuleSet } from '../rules/rule-set.ts';
import { CurrentDocuments } from './current-documents.ts';
import { ProfileSeeds } from './profile-seeds.ts';
import { RegularTasks } from './regular-tasks.ts';

const SEED_EVERY_MS = 500;
const DOCUMENTS_EVERY_MS = 30_000;
const WARN_EVERY_MS = 60_000;

export interface LiveKnowledgeDeps {
  readonly endpoints: EndpointStore;
  readonly baselines: BaselineStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Folder of the user's rules; undefined: none. */
  readonly rulesDir: string | undefined;
}

/** What a running analyzer's detectors know beyond the events: learned templates, OpenAPI documents, callers' pasts, the user's rules. */
export class LiveKnowledge {
  readonly templates: CurrentTemplates;
  readonly seeds: ProfileSeeds;
  #documents: CurrentDocuments | undefined;
  #folder: RuleFolder | undefined;
  readonly #tasks = new RegularTasks((error) => this.#warn(error));
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: LiveKnowledgeDeps) {
    const { endpoints, baselines, clock } = deps;
    this.templates = new CurrentTemplates({ store: endpoints, onError: (error) => this.#warn(error) });
    this.seeds = new ProfileSeeds({ store: baselines, now: () => clock.now() });
  }

  /** Resolves when rules and templates of now are in force. */
  async start(engine: DetectionEngine): Promise<void> {
    const { endpoints, rulesDir, log } = this.deps;
    this.#documents = new CurrentDocuments(endpoints, (documents) => (engine.knowledge.documents = documents));
    await this.templates.start();
    await this.#documents.refresh().catch((error: unknown) => this.#warn(error));
    this.#tasks.every(SEED_EVERY_MS, () => this.seeds.round());
    this.#tasks.every(DOCUMENTS_EVERY_MS, async () => this.#documents?.refresh());
    if (rulesDir === undefined) return;
    this.#folder = new RuleFolder({ dir: rulesDir, onChange: (loaded) => useRules(engine, loaded, log) });
    await this.#folder.start();
  }

  async stop(): Promise<void> {
    this.#tasks.stop();
    await this.#folder?.stop();
    await this.templates.stop();
  }

  #warn(error: unknown): void {
    const now = this.deps.clock.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    this.deps.log.warn(
      { err: error },
      'what detectors know could not be brought up to date, going on with what is known',
    );
  }
}

const useRules = (engine: DetectionEngine, { rules, problems }: LoadedRules, log: Logger): void => {
  engine.useRules((previous) => RuleSet.compile(rules, previous));
  for (const problem of problems) log.error({ rule: problemText(problem) }, 'a rule cannot be used');
  log.info({ rules: rules.length, problems: problems.length }, 'rules in force');
};
