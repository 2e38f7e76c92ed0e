import { RawMatcher } from '@outrider/collect/signals/raw-matcher';
import { linearRegex } from '@outrider/detect/rules/linear-regex';
import { rawRulesOf } from '@outrider/detect/rules/raw-conditions';
import { RuleFolder } from '@outrider/detect/rules/rule-folder';
import { RawMatcher as CompiledRules } from '@outrider/domain/rules/raw-matcher';
import type { Logger } from '@outrider/platform/logger';

/** The raw conditions of the rules in a folder, compiled anew when a file changes. Problems are told by the analyzer. */
export class WatchedRawRules extends RawMatcher {
  #current: CompiledRules | undefined;
  readonly #folder: RuleFolder;

  constructor(dir: string, log: Pick<Logger, 'info'>) {
    super();
    this.#folder = new RuleFolder({
      dir,
      onChange: ({ rules }) => {
        const raw = rawRulesOf(rules);
        this.#current = raw.length === 0 ? undefined : new CompiledRules(raw, linearRegex);
        log.info({ conditions: raw.length }, 'raw conditions of rules in force');
      },
    });
  }

  start(): Promise<void> {
    return this.#folder.start();
  }

  async stop(): Promise<void> {
    await this.#folder.stop();
  }

  match(path: string, query: string, userAgent: string, referer: string, method: string, status: number): string {
    return this.#current?.match(path, query, userAgent, referer, method, status) ?? '';
  }
}
