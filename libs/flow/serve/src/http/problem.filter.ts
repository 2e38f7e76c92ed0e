import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { PROBLEM_CONTENT_TYPE, type Problem } from '@outrider/contracts/http/problem';
import type { Logger } from '@outrider/platform/logger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerTo, type Answer } from './problem.ts';

/** The one place where errors become HTTP. */
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    /** Methods that the path of an unmatched request has. */
    private readonly methodsOf: (url: string) => readonly string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    // A message handler's rejection is its acknowledgement: the transport decides, not HTTP.
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    return this.send(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const answer = answerTo(error, this.methodsOf(request.url));
    if (answer.unexpected)
      this.log.error({ err: error, requestId: request.id, method: request.method }, 'request failed');
    return sendProblem(answer, request, reply);
  }
}

/** As bytes, so that Fastify adds no charset to the content type. */
export const sendProblem = (
  { problem, headers }: Answer,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  const body: Problem = { ...problem, requestId: request.id };
  return reply
    .code(problem.status)
    .headers({ ...headers, 'content-type': PROBLEM_CONTENT_TYPE })
    .send(Buffer.from(JSON.stringify(body)));
};
