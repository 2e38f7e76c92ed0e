/**
 * Who consumes. Each group is a Nest transport id, so that `@EventPattern(TOPIC.name, CONSUMER_GROUPS.analyzer)` binds a handler
 * to the strategy of that group alone, and several groups can live in one process.
 */
export const CONSUMER_GROUPS = {
  /** EVENTS_TOPIC and DEAD_LETTERS_TOPIC → ClickHouse and detectors. */
  analyzer: Symbol.for('outrider.group.analyzer'),
  /** CHANGES_TOPIC → policies → enforcements. */
  responder: Symbol.for('outrider.group.responder'),
  /** CHANGES_TOPIC → live stream; from the end of the topic, every api process for itself. */
  api: Symbol.for('outrider.group.api'),
} as const;

export type ConsumerGroup = keyof typeof CONSUMER_GROUPS;
