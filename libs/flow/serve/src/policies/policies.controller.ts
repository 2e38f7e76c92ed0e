import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PolicyBody, PolicyListQuery, PolicyPage, PolicyTestResult } from '@outrider/contracts/http/policies';
import { UuidText, type Page } from '@outrider/contracts/http/paging';
import type { Principal } from '@outrider/domain/access/principal';
import { Policy } from '@outrider/domain/response/policy';
import { policyMatches } from '@outrider/domain/response/policy-match';
import { CallerError } from '@outrider/platform/errors';
import { AlertStore } from '@outrider/ports/alert-store';
import { WebhookStore } from '@outrider/ports/notification-store';
import { PolicyStore } from '@outrider/ports/response-store';
import { Caller } from '../access/caller.ts';
import { Changes } from '../changes.ts';
import { Route } from '../http/route.ts';
import { found } from '../missing.ts';
import { pageOfAll } from '../paging/cursor.ts';

/** Policies are all evaluated on every alert, so there is a bound. */
const MAX_POLICIES = 500;
/** Alerts that a policy test looks at. */
const TESTED_ALERTS = 1_000;
const SHOWN_MATCHES = 50;

@ApiTags('policies')
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly policies: PolicyStore,
    private readonly alerts: AlertStore,
    private readonly webhooks: WebhookStore,
    private readonly changes: Changes,
  ) {}

  @Get()
  @Route({ id: 'listPolicies', summary: 'Policies in their order', role: 'viewer', answer: PolicyPage })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: PolicyListQuery }) query: PolicyListQuery,
  ): Promise<Page<Policy>> {
    return pageOfAll(await this.policies.list(caller.tenant), query, (policy) => policy);
  }

  @Get(':id')
  @Route({ id: 'getPolicy', summary: 'One policy', role: 'viewer', answer: Policy, problems: [404] })
  async one(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<Policy> {
    return found(await this.policies.find(caller.tenant, id), 'policy');
  }

  @Post()
  @Route({
    id: 'createPolicy',
    summary: 'Make a policy',
    role: 'admin',
    status: 201,
    answer: Policy,
    problems: [409, 413, 422],
  })
  async create(@Caller() caller: Principal, @Body({ schema: PolicyBody }) body: PolicyBody): Promise<Policy> {
    await this.#checkWebhooks(caller, body);
    if ((await this.policies.list(caller.tenant)).length >= MAX_POLICIES)
      throw new CallerError(`there may be at most ${MAX_POLICIES} policies`, 'too-many', 409);
    return this.#changed(await this.policies.create(caller.tenant, body, caller.name), 'created');
  }

  @Put(':id')
  @Route({ id: 'replacePolicy', summary: 'Replace a policy', role: 'admin', answer: Policy, problems: [404, 413, 422] })
  async replace(
    @Caller() caller: Principal,
    @Param('id', { schema: UuidText }) id: string,
    @Body({ schema: PolicyBody }) body: PolicyBody,
  ): Promise<Policy> {
    await this.#checkWebhooks(caller, body);
    const policy = found(await this.policies.update(caller.tenant, id, body, caller.name), 'policy');
    return this.#changed(policy, 'updated');
  }

  @Delete(':id')
  @Route({
    id: 'removePolicy',
    summary: 'Remove a policy; what it enforced stays until its end',
    role: 'admin',
    status: 204,
    problems: [404],
  })
  async remove(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<void> {
    const policy = found(await this.policies.find(caller.tenant, id), 'policy');
    found((await this.policies.remove(caller.tenant, id, caller.name)) || undefined, 'policy');
    await this.#changed(policy, 'removed');
  }

  @Post(':id/test')
  @Route({
    id: 'testPolicy',
    summary: 'Which open alerts it would match; nothing is done',
    role: 'analyst',
    answer: PolicyTestResult,
    problems: [404],
  })
  async test(@Caller() caller: Principal, @Param('id', { schema: UuidText }) id: string): Promise<PolicyTestResult> {
    const policy = found(await this.policies.find(caller.tenant, id), 'policy');
    const alerts = await this.alerts.list({
      tenant: caller.tenant,
      states: ['open', 'acknowledged'],
      limit: TESTED_ALERTS,
    });
    const matched = alerts.filter((alert) => policyMatches(policy, alert));
    return { examined: alerts.length, matched: matched.slice(0, SHOWN_MATCHES), matchedCount: matched.length };
  }

  async #changed(policy: Policy, change: string): Promise<Policy> {
    const { tenant, id, updatedAt } = policy;
    await this.changes.publish({ tenant, kind: 'policy', id, revision: updatedAt, change, at: updatedAt });
    return policy;
  }

  /** A policy that notifies a webhook of nobody, or of another tenant, would stay silent. */
  async #checkWebhooks(caller: Principal, body: PolicyBody): Promise<void> {
    for (const action of body.actions)
      if (action.kind === 'notify' && !(await this.webhooks.find(caller.tenant, action.webhookId)))
        throw new CallerError('a notify action names a webhook that does not exist', 'unknown-webhook', 422);
  }
}
