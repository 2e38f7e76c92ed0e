import type { Services } from '@outrider/services/start-services';
import type { Checks } from '../checks.ts';

export interface SuiteContext {
  readonly services: Services;
  readonly checks: Checks;
}

/** One part of `npm run test:services`; it cleans up after itself. */
export interface Suite {
  readonly name: string;
  run(context: SuiteContext): Promise<void>;
}
