import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditListQuery, AuditPage } from '@outrider/contracts/http/access';
import type { Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { AuditLog, type AuditEntry } from '@outrider/ports/response-store';
import * as z from 'zod';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { Instant, pageOf, readCursor } from '../paging/cursor.ts';

/** Audit ids may be numbers or UUIDs. */
const Key = z.strictObject({ t: Instant, i: z.string().regex(/^[0-9a-f-]{1,40}$/) });

@ApiTags('access')
@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  @Route({ id: 'listAudit', summary: 'Who did what, newest first', role: 'admin', answer: AuditPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: AuditListQuery }) query: AuditListQuery,
  ): Promise<Page<AuditEntry>> {
    const last = readCursor(Key, query.cursor);
    const rows = await this.audit.list({
      tenant: caller.tenant,
      limit: query.limit + 1,
      ...(last ? { after: { at: last.t, id: last.i } } : {}),
    });
    return pageOf(
      rows,
      query.limit,
      (row) => ({ t: row.at, i: row.id }),
      (row) => row,
    );
  }
}
