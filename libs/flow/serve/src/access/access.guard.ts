import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { mayAct, type Role } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import type { FastifyRequest } from 'fastify';
import { InvalidInput } from '../http/problem.ts';
import { NEEDED_ROLE } from '../http/route.ts';
import { requireCaller } from './caller.ts';

/** Deny by default: a handler that names no role is closed. Also refuses query parameters on routes that declare none. */
export class AccessGuard implements CanActivate {
  constructor(private readonly publicMetrics: boolean) {}

  canActivate(context: ExecutionContext): boolean {
    // Messages of our own bus carry no caller.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const needed = Reflect.getMetadata(NEEDED_ROLE, context.getHandler()) as Role | 'public' | undefined;
    if (needed === undefined) throw new CallerError('this is closed', 'forbidden', 403);
    const open = needed === 'public' || (this.publicMetrics && request.url.split('?', 1)[0] === '/metrics');
    if (!open && !mayAct(requireCaller(request).role, needed))
      throw new CallerError(`this needs the role ${needed}`, 'forbidden', 403);
    if (!takesQuery(context)) refuseQuery(request.query);
    return true;
  }
}

const takesQuery = (context: ExecutionContext): boolean => {
  const args: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name);
  return Object.keys(args ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
};

const refuseQuery = (query: unknown): void => {
  const names = Object.keys(query ?? {});
  if (names.length > 0)
    throw new InvalidInput(names.map((name) => ({ path: name, message: 'unknown query parameter' })));
};
