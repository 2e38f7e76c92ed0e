import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ExceptionBody, ExceptionListQuery, ExceptionPage } from '@outrider/contracts/http/detection-controls';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { DetectionException, MAX_EXCEPTION_MS } from '@outrider/domain/detection/detection-control';
import { CallerError, ConflictError } from '@outrider/platform/errors';
import { Clock } from '@outrider/ports/clock';
import { DetectionControlStore } from '@outrider/ports/detection-control-store';
import { Caller } from '../access/caller.ts';
import { InvalidInput } from '../http/problem.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';

@ApiTags('detectors')
@Controller('v1/exceptions')
export class ExceptionsController {
  constructor(
    private readonly store: DetectionControlStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'listExceptions',
    summary: 'What is no alert although a detector says so, newest first; without those that have ended',
    role: 'viewer',
    answer: ExceptionPage,
  })
  async list(
    @Caller() { tenant }: Principal,
    @Query({ schema: ExceptionListQuery }) { cursor, limit, ended }: ExceptionListQuery,
  ): Promise<Page<DetectionException>> {
    const last = readCursor(UuidKey, cursor);
    const rows = await this.store.exceptions({
      tenant,
      limit: limit + 1,
      ...(last ? { after: { createdAt: last.t, id: last.i } } : {}),
      ...(ended === true ? {} : { endingAfter: this.clock.now() }),
    });
    return pageOf(
      rows,
      limit,
      (row) => ({ t: row.createdAt, i: row.id }),
      (row) => row,
    );
  }

  @Get(':id')
  @Route({ id: 'getException', summary: 'One exception', role: 'viewer', answer: DetectionException, problems: [404] })
  async one(
    @Caller() { tenant }: Principal,
    @Param('id', { schema: UuidText }) id: string,
  ): Promise<DetectionException> {
    return found(await this.store.exception(tenant, id), 'exception');
  }

  @Post()
  @Route({
    id: 'addException',
    summary: 'Say that something is no alert, why, and until when',
    role: 'analyst',
    status: 201,
    answer: DetectionException,
    problems: [409, 413],
  })
  async add(
    @Caller() { tenant, name }: Principal,
    @Body({ schema: ExceptionBody }) body: ExceptionBody,
  ): Promise<DetectionException> {
    this.#checkEnd(body);
    try {
      return await this.store.addException(tenant, body, name);
    } catch (error) {
      throw error instanceof ConflictError ? new CallerError(error.message, 'too-many', 409, { cause: error }) : error;
    }
  }

  @Put(':id')
  @Route({
    id: 'replaceException',
    summary: 'Change an exception, or prolong it',
    role: 'analyst',
    answer: DetectionException,
    problems: [404, 413],
  })
  async replace(
    @Caller() { tenant, name }: Principal,
    @Param('id', { schema: UuidText }) id: string,
    @Body({ schema: ExceptionBody }) body: ExceptionBody,
  ): Promise<DetectionException> {
    this.#checkEnd(body);
    return found(await this.store.replaceException(tenant, id, body, name), 'exception');
  }

  @Delete(':id')
  @Route({
    id: 'removeException',
    summary: 'Let it count again from now on',
    role: 'analyst',
    status: 204,
    problems: [404],
  })
  async remove(@Caller() { tenant, name }: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.store.removeException(tenant, id, name)) || undefined, 'exception');
  }

  #checkEnd({ until }: ExceptionBody): void {
    const now = this.clock.now();
    if (until <= now) throw new InvalidInput([{ path: 'until', message: 'it must lie ahead' }]);
    if (until > now + MAX_EXCEPTION_MS)
      throw new InvalidInput([{ path: 'until', message: 'at most a year ahead: an exception is looked at again' }]);
  }
}
