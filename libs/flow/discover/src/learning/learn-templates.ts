import { setImmediate } from 'node:timers/promises';
import { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import type { EventStore, TimeRange } from '@outrider/ports/event-store';
import { EndpointLearner } from './endpoint-learner.ts';

/** Groups that one pass reads at most, the biggest first. */
const MAX_GROUPS = 1_000_000;
const CHUNK = 5_000;

/** All that is stored of the range, learned at once: for `analyze`, which stores every event before it looks for abuse. Event times. */
export const learnTemplates = async (
  store: Pick<EventStore, 'learnableCalls'>,
  range: TimeRange,
): Promise<LearnedTemplates> => {
  const learner = new EndpointLearner();
  for await (const calls of store.learnableCalls({ range, by: 'started', limit: MAX_GROUPS, chunk: CHUNK })) {
    for (const one of calls) learner.learn(one);
    await setImmediate();
  }
  learner.settle();
  return new LearnedTemplates(learner.services());
};
