import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Delivery } from '@outrider/ports/event-bus';
import { ChangeHandler } from './change-handler.ts';

/** Changes of alerts, as they happen. */
@Controller()
export class EvaluateController {
  constructor(@Inject(ChangeHandler) private readonly handler: ChangeHandler) {}

  @EventPattern(CHANGES_TOPIC.name, CONSUMER_GROUPS.responder)
  onChange(@Payload() delivery: Delivery): Promise<void> {
    return this.handler.handle(delivery);
  }
}
