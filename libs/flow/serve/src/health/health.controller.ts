import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Health } from '@outrider/contracts/http/health';
import { Metrics } from '@outrider/platform/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { HealthReader } from './health-reader.ts';

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly reader: HealthReader,
    private readonly metrics: Metrics,
  ) {}

  @Get('v1/health')
  @ApiResponse({ status: 503, description: 'a required part does not run', standardSchema: Health })
  @Route({
    id: 'getHealth',
    summary: '200 once everything runs; with a token also sources, checks and counts',
    role: 'public',
    answer: Health,
  })
  async health(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const caller = callerOf(request);
    const health = caller ? await this.reader.full(caller.tenant) : await this.reader.brief();
    void reply.code(health.status === 'unavailable' ? 503 : 200);
    return health;
  }

  @Get('metrics')
  @Route({
    id: 'getMetrics',
    summary: 'Metrics of this process in the text format of Prometheus',
    role: 'viewer',
    produces: 'text/plain',
  })
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}
