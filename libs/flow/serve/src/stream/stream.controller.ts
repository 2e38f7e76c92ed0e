import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { StreamQuery } from '@outrider/contracts/http/stream';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Principal } from '@outrider/domain/access/principal';
import type { Delivery } from '@outrider/ports/event-bus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator } from '../access/authenticator.ts';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { LiveStream } from './live-stream.ts';

@ApiTags('stream')
@Controller()
export class StreamController {
  constructor(
    private readonly stream: LiveStream,
    private readonly authenticator: Authenticator,
  ) {}

  @Get('v1/stream')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'id of the last message seen: what was missed comes first',
  })
  @Route({
    id: 'stream',
    summary: 'Server-sent events: alerts and enforcements as they change (events alert, enforcement, resync)',
    role: 'viewer',
    produces: 'text/event-stream',
  })
  async listen(
    @Caller() caller: Principal,
    @Query({ schema: StreamQuery }) query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.method === 'HEAD') return void reply.header('content-type', 'text/event-stream').send();
    const { authorization } = request.headers;
    const stillAllowed = () => this.authenticator.authenticate(authorization, request.ip);
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    await this.stream.add(
      { tenant: caller.tenant, query, response: reply.raw, stillAllowed },
      lastEventId?.slice(0, 64),
    );
    reply.hijack();
  }

  @EventPattern(CHANGES_TOPIC.name, CONSUMER_GROUPS.api)
  change(@Payload() delivery: Delivery): Promise<void> {
    return this.stream.take(delivery.value);
  }
}
