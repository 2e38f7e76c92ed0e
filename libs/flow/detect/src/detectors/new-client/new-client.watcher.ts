import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import type { Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { StrangerWatcher } from '../leaked-credential/stranger.watcher.ts';
import { judgeNewClient, NEW_CLIENT_VERSION } from './new-client.detector.ts';
import type { NewClientSettings } from './new-client.settings.ts';
import { Upgrades } from './upgrades.ts';

/** Strangers with a new client in a usual place, unless several callers take up the same client: that is a release. */
export class NewClientWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #settings: Tuned<NewClientSettings>;
  readonly #strangers: StrangerWatcher<NewClientSettings>;
  readonly #upgrades = new Upgrades();

  constructor(deps: DetectorDeps<NewClientSettings>) {
    this.#settings = deps.settings;
    this.#strangers = new StrangerWatcher('new-client', NEW_CLIENT_VERSION, deps, judgeNewClient);
  }

  get evicted(): number {
    return this.#upgrades.evicted;
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const strangers = caller.profile?.strangers;
    if (strangers === undefined) return undefined;
    for (const one of strangers) {
      if (one.novelty.client >= 1 || one.novelty.origin < 1) continue;
      const callers = this.#upgrades.note(event.tenant, one.agent.family, caller.key, one.since);
      if (callers >= this.#settings.of(event).upgradeCallers) return undefined;
    }
    return this.#strangers.observe(event, at, caller);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    return this.#strangers.explain(event, at, caller);
  }

  /** What others took up stays known. */
  forgetLanes(): void {
    // nothing is kept by lane
  }
}
