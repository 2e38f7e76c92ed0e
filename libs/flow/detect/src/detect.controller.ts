import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Delivery } from '@outrider/ports/event-bus';
import { EventIngest } from './ingest/event-ingest.ts';

/** Where the bus hands over; the returned promise is the acknowledgement. */
@Controller()
export class DetectController {
  constructor(@Inject(EventIngest) private readonly ingest: EventIngest) {}

  @EventPattern(EVENTS_TOPIC.name, CONSUMER_GROUPS.analyzer)
  events(@Payload() delivery: Delivery): Promise<void> {
    return this.ingest.takeEvents(delivery);
  }

  @EventPattern(DEAD_LETTERS_TOPIC.name, CONSUMER_GROUPS.analyzer)
  deadLetters(@Payload() delivery: Delivery): Promise<void> {
    return this.ingest.takeDeadLetters(delivery);
  }
}
