import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  EntityDetail,
  EntityListQuery,
  EntityPage,
  EntityQuery,
  TimelinePage,
  TimelineQuery,
} from '@outrider/contracts/http/entities';
import { IdText } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { Caller } from '../access/caller.ts';
import { Route } from '../http/route.ts';
import { EntityReader } from './entity-reader.ts';

const LIST = { role: 'viewer', answer: EntityPage } as const;
const ONE = { role: 'viewer', answer: EntityDetail, problems: [404] } as const;
const TIMELINE = { role: 'viewer', answer: TimelinePage, problems: [404, 422] } as const;

@ApiTags('entities')
@Controller('v1/consumers')
export class ConsumersController {
  constructor(private readonly reader: EntityReader) {}

  @Get()
  @Route({ id: 'listConsumers', summary: 'Consumers with traffic in the range, most requests first', ...LIST })
  list(@Caller() caller: Principal, @Query({ schema: EntityListQuery }) query: EntityListQuery) {
    return this.reader.list(caller.tenant, 'consumer', query);
  }

  @Get(':id')
  @Route({ id: 'getConsumer', summary: 'One consumer, by id, user name or custom id', ...ONE })
  one(
    @Caller() caller: Principal,
    @Param('id', { schema: IdText }) id: string,
    @Query({ schema: EntityQuery }) query: EntityQuery,
  ) {
    return this.reader.one(caller.tenant, 'consumer', id, query);
  }

  @Get(':id/timeline')
  @Route({
    id: 'getConsumerTimeline',
    summary: 'Events, alerts and enforcements of a consumer in one order',
    ...TIMELINE,
  })
  timeline(
    @Caller() caller: Principal,
    @Param('id', { schema: IdText }) id: string,
    @Query({ schema: TimelineQuery }) query: TimelineQuery,
  ) {
    return this.reader.timeline(caller.tenant, 'consumer', id, query);
  }
}

@ApiTags('entities')
@Controller('v1/addresses')
export class AddressesController {
  constructor(private readonly reader: EntityReader) {}

  @Get()
  @Route({ id: 'listAddresses', summary: 'Client addresses with traffic in the range, most requests first', ...LIST })
  list(@Caller() caller: Principal, @Query({ schema: EntityListQuery }) query: EntityListQuery) {
    return this.reader.list(caller.tenant, 'ip', query);
  }

  @Get(':ip')
  @Route({ id: 'getAddress', summary: 'One client address', ...ONE })
  one(
    @Caller() caller: Principal,
    @Param('ip', { schema: IdText }) ip: string,
    @Query({ schema: EntityQuery }) query: EntityQuery,
  ) {
    return this.reader.one(caller.tenant, 'ip', ip, query);
  }

  @Get(':ip/timeline')
  @Route({
    id: 'getAddressTimeline',
    summary: 'Events, alerts and enforcements of an address in one order',
    ...TIMELINE,
  })
  timeline(
    @Caller() caller: Principal,
    @Param('ip', { schema: IdText }) ip: string,
    @Query({ schema: TimelineQuery }) query: TimelineQuery,
  ) {
    return this.reader.timeline(caller.tenant, 'ip', ip, query);
  }
}

@ApiTags('entities')
@Controller('v1/credentials')
export class CredentialsController {
  constructor(private readonly reader: EntityReader) {}

  @Get()
  @Route({ id: 'listCredentials', summary: 'Credentials with traffic in the range, most requests first', ...LIST })
  list(@Caller() caller: Principal, @Query({ schema: EntityListQuery }) query: EntityListQuery) {
    return this.reader.list(caller.tenant, 'credential', query);
  }

  @Get(':id')
  @Route({ id: 'getCredential', summary: 'One credential', ...ONE })
  one(
    @Caller() caller: Principal,
    @Param('id', { schema: IdText }) id: string,
    @Query({ schema: EntityQuery }) query: EntityQuery,
  ) {
    return this.reader.one(caller.tenant, 'credential', id, query);
  }

  @Get(':id/timeline')
  @Route({
    id: 'getCredentialTimeline',
    summary: 'Events, alerts and enforcements of a credential in one order',
    ...TIMELINE,
  })
  timeline(
    @Caller() caller: Principal,
    @Param('id', { schema: IdText }) id: string,
    @Query({ schema: TimelineQuery }) query: TimelineQuery,
  ) {
    return this.reader.timeline(caller.tenant, 'credential', id, query);
  }
}
