import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import type { FastifyRequest } from 'fastify';

type Known = { readonly principal: Principal } | { readonly failure: unknown };
const known = new WeakMap<FastifyRequest['raw'], Known>();

/** Set once a request, by the authentication hook. */
export const identify = (request: FastifyRequest, outcome: Known): void => {
  known.set(request.raw, outcome);
};

/** Who asks, or undefined. */
export const callerOf = (request: FastifyRequest): Principal | undefined => {
  const outcome = known.get(request.raw);
  return outcome && 'principal' in outcome ? outcome.principal : undefined;
};

/** Who asks; throws the reason when nobody was recognised. */
export const requireCaller = (request: FastifyRequest): Principal => {
  const outcome = known.get(request.raw);
  if (outcome && 'principal' in outcome) return outcome.principal;
  throw outcome?.failure ?? new CallerError('send a token: Authorization: Bearer …', 'unauthenticated', 401);
};

/** The principal as a handler's argument. The tenant comes from here and from nowhere else. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  requireCaller(context.switchToHttp().getRequest<FastifyRequest>()),
);
