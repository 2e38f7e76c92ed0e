import { describe, expect, it } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { flood, MINUTE_MS, ordinary, StageRun } from '../testing/stage-run.ts';

/** Its first insert waits to be let through. */
class SlowAlertStore extends FakeAlertStore {
  letThrough!: () => void;
  #gate = new Promise<void>((resolve) => {
    this.letThrough = resolve;
  });

  override async insert(alert: Alert): Promise<void> {
    await this.#gate;
    return super.insert(alert);
  }
}

describe('a backlog that is read faster than its alerts can be stored', () => {
  it('one attack stays one alert, although the events are past its quiet time before its findings are told', async () => {
    const alerts = new SlowAlertStore();
    const run = new StageRun(new FakeEventStore(), alerts);
    const attack = flood();
    const half = attack.length / 2;
    const later = ordinary().map((event) => ({
      ...event,
      startedAt: event.startedAt + 120 * MINUTE_MS,
      receivedAt: event.receivedAt + 120 * MINUTE_MS,
    }));
    const messages = [ordinary(), attack.slice(0, half), attack.slice(half), later];
    const under: Promise<void>[] = [];
    for (const [offset, events] of messages.entries()) {
      under.push(run.take(offset, events.map(withId(offset))));
      await run.ingest.turn(() => undefined);
      // The tracker works in the order in which it was asked: this tick stands before the findings of the next message.
      under.push(run.tracker.tick((lane) => run.partitions.eventTime(lane)));
    }
    alerts.letThrough();
    await Promise.all(under);
    expect(spikes(alerts)).toEqual(['resolved']);
  });
});

const spikes = ({ alerts }: FakeAlertStore): string[] =>
  [...alerts.values()].flatMap(({ type, state }) => (type === 'request-spike' ? [state] : []));

const withId =
  (message: number) =>
  <E extends { readonly id: string }>(event: E, i: number): E => ({
    ...event,
    id: `${String(message).padStart(4, '0')}${String(i).padStart(28, '0')}`,
  });
