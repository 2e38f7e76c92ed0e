import type { AllControls } from '@outrider/domain/detection/detection-control';
import type { EventExplanation } from '@outrider/domain/detection/explanation';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';
import type { Clock } from '@outrider/ports/clock';
import type { DetectionControlStore } from '@outrider/ports/detection-control-store';
import type { EventExplainer } from '@outrider/ports/detector-guide';
import type { EventStore } from '@outrider/ports/event-store';
import { DAY_MS, MAX_RANGE_MS } from '../paging/time-range.ts';

/** Events of the caller that are replayed at most; about 1 KB each while it lasts. */
const MAX_REPLAYED = 20_000;
const PAGE = 10_000;
const MAX_EXCEPTIONS = 1_000;

export interface ExplanationParts {
  readonly events: EventStore;
  readonly controls: DetectionControlStore;
  readonly explainer: EventExplainer;
  readonly clock: Clock;
}

/** Reads what an explanation needs: the event, what its caller did before, and what people decided. */
export class ExplanationReader {
  constructor(private readonly parts: ExplanationParts) {}

  async explain(tenant: string, eventId: string): Promise<EventExplanation | undefined> {
    const { events, clock, explainer } = this.parts;
    const now = clock.now();
    const range = { from: now - MAX_RANGE_MS + DAY_MS, to: now + DAY_MS };
    const [event] = await events.search({ tenant, range, eventIds: [eventId], limit: 1, order: 'newest' });
    if (!event) return undefined;
    const [before, controls] = await Promise.all([this.#before(tenant, event), this.#controls(tenant, event)]);
    const truncated = before.length >= MAX_REPLAYED;
    return explainer.explain({ event, before: before.toReversed(), truncated, controls });
  }

  /** Newest first. */
  async #before(tenant: string, event: ApiEvent): Promise<readonly ApiEvent[]> {
    const range = { from: event.startedAt - DAY_MS, to: event.startedAt + 1 };
    const { kind, id } = callerOf(event);
    const found: ApiEvent[] = [];
    while (found.length < MAX_REPLAYED) {
      const last = found.at(-1);
      const page = await this.parts.events.search({
        tenant,
        range,
        entity: { kind, id },
        limit: PAGE,
        order: 'newest',
        ...(last ? { after: { startedAt: last.startedAt, id: last.id } } : {}),
      });
      found.push(...page);
      if (page.length < PAGE) break;
    }
    return found;
  }

  async #controls(tenant: string, event: ApiEvent): Promise<AllControls> {
    const { controls } = this.parts;
    const [overrides, exceptions] = await Promise.all([
      controls.overrides(tenant),
      controls.exceptions({ tenant, limit: MAX_EXCEPTIONS, endingAfter: event.startedAt }),
    ]);
    return {
      overrides: overrides.map((one) => ({ ...one, tenant })),
      exceptions: exceptions.map((one) => ({ ...one, tenant })),
    };
  }
}
