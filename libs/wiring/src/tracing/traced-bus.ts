import type { Tracer } from '@outrider/platform/telemetry/tracer';
import {
  ConsumableBus,
  type AssignmentListener,
  type ConsumeOptions,
  type Delivery,
  type OutgoingMessage,
} from '@outrider/ports/event-bus';

/** A span per published batch and per message handled; the trace goes along in the message's headers. */
export class TracedBus extends ConsumableBus {
  constructor(
    private readonly bus: ConsumableBus,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const attributes = {
      'messaging.operation.type': 'publish',
      'messaging.destination.name': topic,
      'messaging.batch.message_count': messages.length,
    };
    return this.tracer.span(`publish ${topic}`, { kind: 'producer', attributes }, () => {
      const trace = this.tracer.headers();
      return this.bus.publish(
        topic,
        messages.map((message) => ({ ...message, headers: { ...message.headers, ...trace } })),
      );
    });
  }

  consume(options: ConsumeOptions, handler: (delivery: Delivery) => Promise<void>): Promise<{ stop(): Promise<void> }> {
    return this.bus.consume(options, (delivery) => {
      const attributes = {
        'messaging.operation.type': 'process',
        'messaging.destination.name': delivery.topic,
        'messaging.destination.partition.id': String(delivery.partition),
        'messaging.consumer.group.name': options.group,
        'messaging.message.body.size': delivery.value.length,
      };
      const from = delivery.headers;
      return this.tracer.span(`process ${delivery.topic}`, { kind: 'consumer', attributes, from }, () =>
        handler(delivery),
      );
    });
  }

  pressure(topic: string): number {
    return this.bus.pressure(topic);
  }

  partitions(topic: string): number {
    return this.bus.partitions(topic);
  }

  onAssignment(topic: string, group: string, listener: AssignmentListener): void {
    this.bus.onAssignment(topic, group, listener);
  }

  ping(): Promise<void> {
    return this.bus.ping();
  }

  stop(): Promise<void> {
    return this.bus.stop();
  }
}
