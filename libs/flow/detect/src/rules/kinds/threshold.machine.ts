import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { groupText, spanText } from '../machine.ts';
import { PartCounts, type BestWindow } from '../part-counts.ts';
import type { ThresholdRule } from '../rule.ts';
import { CountingMachine, type Counted } from './counting.machine.ts';

interface Requests extends Counted {
  readonly counts: PartCounts;
}

/** `at_least` events of a group within the window. */
export class ThresholdMachine extends CountingMachine<ThresholdRule, Requests> {
  protected override fresh(lane: number): Requests {
    return { ...this.begun(lane), counts: new PartCounts(this.window, this.reach) };
  }

  protected override count(_event: ApiEvent, part: number, { counts }: Requests): BestWindow | undefined {
    if (counts.add(part)) return counts.bestAround(part);
    this.late++;
    return undefined;
  }

  protected override tell(sum: number, key: string) {
    const { atLeast, windowMs } = this.rule;
    return {
      observed: { metric: 'matching requests', value: sum, unit: 'requests' },
      saw: `${sum} matching requests within ${spanText(windowMs)} by ${groupText(this.rule, key)}, where the rule's limit is ${atLeast}.`,
    };
  }
}
