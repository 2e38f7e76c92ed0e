import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { PROBLEM_CONTENT_TYPE } from '@outrider/contracts/http/problem';
import type { Role } from '@outrider/domain/access/principal';
import type * as z from 'zod';

export const NEEDED_ROLE = 'outrider.needed-role';

export interface RouteDoc {
  /** operationId, unique in the document. */
  readonly id: string;
  readonly summary: string;
  /** The least role; `public` needs no token. A handler without @Route is closed to everybody. */
  readonly role: Role | 'public';
  /** Default 200. */
  readonly status?: number;
  readonly answer?: z.ZodType;
  /** Content type of an answer that is not JSON. */
  readonly produces?: string;
  /** Problems beside those that every route may answer. */
  readonly problems?: readonly number[];
}

const PROBLEM_TEXT: Readonly<Record<number, string>> = {
  400: 'the request does not fit the schema',
  401: 'no valid token',
  403: "the token's role does not allow this",
  404: 'there is no such thing in this tenant',
  409: 'the state it is in does not allow this',
  413: 'the body is too large',
  422: 'understood, but cannot be done',
  429: 'too many failed attempts from this address',
  500: 'an unexpected error',
  503: 'something this needs is away or busy',
};

const problem = (status: number) =>
  ApiResponse({
    status,
    description: PROBLEM_TEXT[status] ?? 'problem',
    content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  });

/** Access and documentation of one route, together so that neither is forgotten. */
export const Route = (doc: RouteDoc): MethodDecorator => {
  const status = doc.status ?? 200;
  const closed = doc.role !== 'public';
  const problems = new Set([400, ...(closed ? [401, 403, 429, 503] : []), 500, ...(doc.problems ?? [])]);
  return applyDecorators(
    SetMetadata(NEEDED_ROLE, doc.role),
    HttpCode(status),
    ApiOperation({
      operationId: doc.id,
      summary: doc.summary,
      ...(closed ? { description: `Role: ${doc.role}.` } : { security: [{}] }),
    }),
    ...(closed ? [ApiBearerAuth()] : []),
    ApiResponse({
      status,
      description: doc.summary,
      ...(doc.answer ? { standardSchema: doc.answer } : {}),
      ...(doc.produces ? { content: { [doc.produces]: { schema: { type: 'string' } } } } : {}),
    }),
    ...[...problems].sort().map(problem),
  );
};
