import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import type { Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { Upgrades } from '../new-client/upgrades.ts';
import { isDelegate, judgeLeakedCredential, LEAKED_CREDENTIAL_VERSION } from './leaked-credential.detector.ts';
import type { LeakedCredentialSettings } from './leaked-credential.settings.ts';
import { StrangerWatcher } from './stranger.watcher.ts';

/** Strangers in a new place with a new client, unless it is a service that several callers begin to use. */
export class LeakedCredentialWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #settings: Tuned<LeakedCredentialSettings>;
  readonly #strangers: StrangerWatcher<LeakedCredentialSettings>;
  readonly #adoptions = new Upgrades();

  constructor(deps: DetectorDeps<LeakedCredentialSettings>) {
    this.#settings = deps.settings;
    this.#strangers = new StrangerWatcher('leaked-credential', LEAKED_CREDENTIAL_VERSION, deps, judgeLeakedCredential);
  }

  get evicted(): number {
    return this.#adoptions.evicted;
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const strangers = caller.profile?.strangers;
    if (strangers === undefined) return undefined;
    for (const one of strangers) {
      if (!isDelegate(one.agent)) continue;
      const callers = this.#adoptions.note(event.tenant, one.agent.family, caller.key, one.since);
      if (callers >= this.#settings.of(event).adoptingCallers) return undefined;
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
