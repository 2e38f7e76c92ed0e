import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { EventIdText } from '@outrider/contracts/http/events';
import type { Principal } from '@outrider/domain/access/principal';
import { EventExplanation } from '@outrider/domain/detection/explanation';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { ExplanationReader } from './explanation-reader.ts';

@ApiTags('events')
@Controller('v1/events')
export class ExplanationsController {
  constructor(private readonly reader: ExplanationReader) {}

  @Get(':eventId/explanation')
  @Route({
    id: 'explainEvent',
    summary:
      'What each detector and rule makes of an event, after a replay of what its caller did in the 24 hours before',
    role: 'viewer',
    answer: EventExplanation,
    problems: [404],
  })
  async one(
    @Caller() { tenant }: Principal,
    @Param('eventId', { schema: EventIdText }) eventId: string,
  ): Promise<EventExplanation> {
    return found(await this.reader.explain(tenant, eventId), 'event');
  }
}
