import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  AccessTokenBody,
  AccessTokenCreated,
  AccessTokenListQuery,
  AccessTokenPage,
  WhoAmI,
} from '@outrider/contracts/http/access';
import { IdText, type Page } from '@outrider/contracts/http/paging';
import { mayAct, type Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import { AccessTokenStore, type AccessToken } from '@outrider/ports/access-store';
import { Clock } from '@outrider/ports/clock';
import { Authenticator } from '../access/authenticator.ts';
import { Caller } from '../access/caller.ts';
import { InvalidInput } from '../http/problem.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';

const MAX_TOKENS = 1_000;

const view = ({ tenant: _tenant, ...token }: AccessToken) => token;

@ApiTags('access')
@Controller('v1')
export class TokensController {
  constructor(
    private readonly tokens: AccessTokenStore,
    private readonly authenticator: Authenticator,
    private readonly clock: Clock,
  ) {}

  @Get('me')
  @Route({ id: 'whoAmI', summary: 'Whom the presented token stands for', role: 'viewer', answer: WhoAmI })
  me(@Caller() caller: Principal): Principal {
    return caller;
  }

  @Get('tokens')
  @Route({ id: 'listTokens', summary: 'Access tokens, without their text', role: 'admin', answer: AccessTokenPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: AccessTokenListQuery }) query: AccessTokenListQuery,
  ): Promise<Page<Omit<AccessToken, 'tenant'>>> {
    return pageOfAll(await this.tokens.list(caller.tenant), query, view);
  }

  @Post('tokens')
  @Route({
    id: 'createToken',
    summary: 'Make an access token; its text is shown once',
    role: 'admin',
    status: 201,
    answer: AccessTokenCreated,
    problems: [409, 413],
  })
  async create(@Caller() caller: Principal, @Body({ schema: AccessTokenBody }) body: AccessTokenBody) {
    if (!mayAct(caller.role, body.role))
      throw new CallerError('nobody gives a role above the own one', 'forbidden', 403);
    if (body.expiresAt !== null && body.expiresAt <= this.clock.now())
      throw new InvalidInput([{ path: 'expiresAt', message: 'is over already' }]);
    if ((await this.tokens.list(caller.tenant)).length >= MAX_TOKENS)
      throw new CallerError(`there may be at most ${MAX_TOKENS} tokens`, 'too-many', 409);
    const { token, secret } = await this.tokens.create(caller.tenant, body, caller.name);
    return { token: view(token), secret };
  }

  @Delete('tokens/:id')
  @Route({
    id: 'removeToken',
    summary: 'Remove an access token; other processes believe it some seconds longer',
    role: 'admin',
    status: 204,
    problems: [404, 409],
  })
  async remove(@Caller() caller: Principal, @Param('id', { schema: IdText }) id: string): Promise<void> {
    const now = this.clock.now();
    const all = await this.tokens.list(caller.tenant);
    const token = found(
      all.find((t) => t.id === id),
      'token',
    );
    const admins = all.filter((t) => t.role === 'admin' && (t.expiresAt === null || t.expiresAt > now));
    if (token.role === 'admin' && admins.every((t) => t.id === id))
      throw new CallerError('this is the last admin token', 'last-admin', 409);
    found((await this.tokens.remove(caller.tenant, id, caller.name)) || undefined, 'token');
    this.authenticator.forget();
  }
}
