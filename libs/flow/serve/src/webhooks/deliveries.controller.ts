import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import { DeliveryDetail, DeliveryListQuery, DeliveryPage, DeliveryStarted } from '@outrider/contracts/http/webhooks';
import type { Principal } from '@outrider/domain/access/principal';
import { DeliveryStore, type WebhookDelivery } from '@outrider/ports/notification-store';
import { Caller } from '../access/caller.ts';
import { definedOnly } from '../defined-only.ts';
import { Route } from '../http/route.ts';
import { pageOf, readCursor, UuidKey } from '../paging/cursor.ts';
import { DeliveryCommands } from './delivery-commands.ts';

const view = ({ tenant: _tenant, ...delivery }: WebhookDelivery) => delivery;

@ApiTags('webhooks')
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly commands: DeliveryCommands,
  ) {}

  @Get()
  @Route({ id: 'listDeliveries', summary: 'The delivery log, newest first', role: 'analyst', answer: DeliveryPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: DeliveryListQuery }) query: DeliveryListQuery,
  ): Promise<Page<Omit<WebhookDelivery, 'tenant'>>> {
    const last = readCursor(UuidKey, query.cursor);
    const { webhookId, state } = query;
    const rows = await this.deliveries.list({
      tenant: caller.tenant,
      limit: query.limit + 1,
      ...definedOnly({ webhookId, state, after: last && { createdAt: last.t, id: last.i } }),
    });
    return pageOf(rows, query.limit, (row) => ({ t: row.createdAt, i: row.id }), view);
  }

  @Get(':id')
  @Route({
    id: 'getDelivery',
    summary: 'One delivery with its attempts',
    role: 'analyst',
    answer: DeliveryDetail,
    problems: [404],
  })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string) {
    const delivery = await this.commands.find(id, caller);
    return { delivery: view(delivery), attempts: await this.deliveries.attempts(delivery.id) };
  }

  @Post(':id/replay')
  @Route({
    id: 'replayDelivery',
    summary: 'Send it again',
    role: 'analyst',
    status: 202,
    answer: DeliveryStarted,
    problems: [404],
  })
  replay(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<{ deliveryId: string }> {
    return this.commands.replay(id, caller);
  }
}
