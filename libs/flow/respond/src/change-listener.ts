import { Change } from '@outrider/contracts/topics/change';
import { PermanentError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import type { EnforcementRunner } from './enforcements/enforcement-runner.ts';

/** What the analyzer says of enforcements: a refusal of ours was seen in the log. Everything else comes as a job. */
export class ChangeListener {
  constructor(private readonly runner: Pick<EnforcementRunner, 'refusalSeen'>) {}

  async handle(delivery: Delivery): Promise<void> {
    const change = parsed(delivery.value);
    if (change.kind === 'enforcement' && change.change === 'refusal-seen') await this.runner.refusalSeen(change.id);
  }
}

const parsed = (value: Buffer): Change => {
  try {
    return Change.parse(JSON.parse(value.toString('utf8')));
  } catch (cause) {
    throw new PermanentError('not a change', 'bad-change', { cause });
  }
};
