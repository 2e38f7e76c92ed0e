import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GuardRailsChange, NeverBlock, NeverBlockBody } from '@outrider/contracts/http/policies';
import { UuidText } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { GuardRails, type NeverBlockEntry } from '@outrider/domain/response/guard-rails';
import { parseCidr } from '@outrider/domain/traffic/ip-address';
import { CallerError } from '@outrider/platform/errors';
import { Clock } from '@outrider/ports/clock';
import { PolicyStore } from '@outrider/ports/response-store';
import { Changes } from '../changes.ts';
import { Caller } from '../access/caller.ts';
import { InvalidInput } from '../http/problem.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { definedOnly } from '../defined-only.ts';

/** Every decision is checked against the list, so there is a bound. */
const MAX_NEVER_BLOCK = 5_000;

@ApiTags('guard rails')
@Controller('v1/guard-rails')
export class GuardRailsController {
  constructor(
    private readonly policies: PolicyStore,
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Route({
    id: 'getGuardRails',
    summary: 'What holds before any action, and the never-block list',
    role: 'viewer',
    answer: GuardRails,
  })
  get(@Caller() caller: Principal): Promise<GuardRails> {
    return this.policies.guardRails(caller.tenant);
  }

  @Patch()
  @Route({
    id: 'changeGuardRails',
    summary: 'Kill switch, simulation, caps',
    role: 'admin',
    answer: GuardRails,
    problems: [413],
  })
  async change(
    @Caller() caller: Principal,
    @Body({ schema: GuardRailsChange }) body: GuardRailsChange,
  ): Promise<GuardRails> {
    const rails = await this.policies.setGuardRails(caller.tenant, definedOnly(body), caller.name);
    await this.#changed(caller.tenant);
    return rails;
  }

  @Post('never-block')
  @Route({
    id: 'addNeverBlock',
    summary: 'Protect somebody from every block',
    role: 'admin',
    status: 201,
    answer: NeverBlock,
    problems: [409, 413],
  })
  async add(
    @Caller() caller: Principal,
    @Body({ schema: NeverBlockBody }) body: Omit<NeverBlockEntry, 'id'>,
  ): Promise<NeverBlockEntry> {
    if (body.kind === 'address' && !parseCidr(body.value.trim()))
      throw new InvalidInput([{ path: 'value', message: 'not an address or CIDR' }]);
    const { neverBlock } = await this.policies.guardRails(caller.tenant);
    const same = neverBlock.find((entry) => entry.kind === body.kind && entry.value === body.value);
    if (same) return same;
    if (neverBlock.length >= MAX_NEVER_BLOCK)
      throw new CallerError(`the list may have at most ${MAX_NEVER_BLOCK} entries`, 'too-many', 409);
    const entry = await this.policies.addNeverBlock(caller.tenant, body, caller.name);
    await this.#changed(caller.tenant);
    return entry;
  }

  @Delete('never-block/:id')
  @Route({
    id: 'removeNeverBlock',
    summary: 'Take somebody off the never-block list',
    role: 'admin',
    status: 204,
    problems: [404],
  })
  async remove(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    found((await this.policies.removeNeverBlock(caller.tenant, id, caller.name)) || undefined, 'entry');
    await this.#changed(caller.tenant);
  }

  /** Whoever keeps the rules in memory reads them anew: a kill switch holds at once. */
  #changed(tenant: string): Promise<void> {
    const at = this.clock.now();
    return this.changes.publish({ tenant, kind: 'policy', id: 'guard-rails', revision: at, change: 'guard-rails', at });
  }
}
