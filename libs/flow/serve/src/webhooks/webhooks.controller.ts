import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import {
  DeliveryStarted,
  RotateBody,
  RotatedSecret,
  WebhookBody,
  WebhookChange,
  WebhookCreated,
  WebhookListQuery,
  WebhookPage,
  WebhookView,
} from '@outrider/contracts/http/webhooks';
import type { Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import { WebhookStore, type Webhook } from '@outrider/ports/notification-store';
import { Caller } from '../access/caller.ts';
import { definedOnly } from '../defined-only.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';
import { DeliveryCommands } from './delivery-commands.ts';

/** Every change is offered to all of them, so there is a bound. */
const MAX_WEBHOOKS = 100;

const view = ({ tenant: _tenant, ...webhook }: Webhook) => ({ ...webhook, events: [...webhook.events] });

type View = ReturnType<typeof view>;

@ApiTags('webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryCommands,
  ) {}

  @Get()
  @Route({ id: 'listWebhooks', summary: 'Webhooks', role: 'admin', answer: WebhookPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: WebhookListQuery }) query: WebhookListQuery,
  ): Promise<Page<View>> {
    return pageOfAll(await this.webhooks.list(caller.tenant), query, view);
  }

  @Get(':id')
  @Route({ id: 'getWebhook', summary: 'One webhook', role: 'admin', answer: WebhookView, problems: [404] })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<View> {
    return view(found(await this.webhooks.find(caller.tenant, id), 'webhook'));
  }

  @Post()
  @Route({
    id: 'createWebhook',
    summary: 'Make a webhook; its signing secret is shown once',
    role: 'admin',
    status: 201,
    answer: WebhookCreated,
    problems: [409, 413],
  })
  async create(@Caller() caller: Principal, @Body({ schema: WebhookBody }) body: WebhookBody) {
    if ((await this.webhooks.list(caller.tenant)).length >= MAX_WEBHOOKS)
      throw new CallerError(`there may be at most ${MAX_WEBHOOKS} webhooks`, 'too-many', 409);
    const { webhook, secret } = await this.webhooks.create(caller.tenant, body, caller.name);
    return { webhook: view(webhook), secret };
  }

  @Patch(':id')
  @Route({
    id: 'changeWebhook',
    summary: 'Change a webhook, or switch it on again',
    role: 'admin',
    answer: WebhookView,
    problems: [404, 413],
  })
  async change(
    @Caller() caller: Principal,
    @Param('id', { schema: UuidText }) id: string,
    @Body({ schema: WebhookChange }) body: WebhookChange,
  ): Promise<View> {
    return view(found(await this.webhooks.update(caller.tenant, id, definedOnly(body), caller.name), 'webhook'));
  }

  @Delete(':id')
  @Route({ id: 'removeWebhook', summary: 'Remove a webhook', role: 'admin', status: 204, problems: [404] })
  async remove(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.webhooks.remove(caller.tenant, id, caller.name)) || undefined, 'webhook');
  }

  @Post(':id/rotate-secret')
  @Route({
    id: 'rotateWebhookSecret',
    summary: 'A new signing secret, shown once; the old one signs beside it for a while',
    role: 'admin',
    answer: RotatedSecret,
    problems: [404, 413],
  })
  async rotate(
    @Caller() caller: Principal,
    @Param('id', { schema: UuidText }) id: string,
    @Body({ schema: RotateBody.prefault({}) }) body: { readonly overlapSeconds: number },
  ): Promise<{ secret: string }> {
    return found(await this.webhooks.rotate(caller.tenant, id, body.overlapSeconds * 1_000, caller.name), 'webhook');
  }

  @Post(':id/test')
  @Route({
    id: 'testWebhook',
    summary: 'Send a test message',
    role: 'admin',
    status: 202,
    answer: DeliveryStarted,
    problems: [404, 409],
  })
  test(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<{ deliveryId: string }> {
    return this.deliveries.test(id, caller);
  }
}
