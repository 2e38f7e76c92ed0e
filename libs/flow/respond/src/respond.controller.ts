import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Delivery } from '@outrider/ports/event-bus';
import { ChangeListener } from './change-listener.ts';

/** Changes of enforcements, as they happen. */
@Controller()
export class RespondController {
  constructor(@Inject(ChangeListener) private readonly listener: ChangeListener) {}

  @EventPattern(CHANGES_TOPIC.name, CONSUMER_GROUPS.responder)
  onChange(@Payload() delivery: Delivery): Promise<void> {
    return this.listener.handle(delivery);
  }
}
