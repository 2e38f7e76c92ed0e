import { Change } from '@outrider/contracts/topics/change';
import { PermanentError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Delivery } from '@outrider/ports/event-bus';
import type { Evaluator } from './evaluator.ts';
import type { RulesCache } from './rules-cache.ts';

/** One message of the changes topic: an alert that changed is read from its row and evaluated as it stands now, under the rules as they stand now. */
export class ChangeHandler {
  constructor(
    private readonly alerts: AlertStore,
    private readonly evaluator: Pick<Evaluator, 'evaluate'>,
    private readonly rules: Pick<RulesCache, 'forget'>,
  ) {}

  async handle(delivery: Pick<Delivery, 'value' | 'topic' | 'partition' | 'offset'>): Promise<void> {
    const change = readChange(delivery);
    if (change.kind === 'policy') this.rules.forget(change.tenant);
    if (change.kind !== 'alert') return;
    const alert = await this.alerts.find(change.tenant, change.id);
    if (alert) await this.evaluator.evaluate(alert);
  }
}

const readChange = ({ value, topic, partition, offset }: Parameters<ChangeHandler['handle']>[0]): Change => {
  try {
    return Change.parse(JSON.parse(value.toString('utf8')));
  } catch (error) {
    throw new PermanentError(`${topic}/${partition}@${offset} is no change`, 'unreadable-change', { cause: error });
  }
};
