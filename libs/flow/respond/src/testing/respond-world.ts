import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { anEnforcement } from '@outrider/domain/response/testing';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import { OutboundHttp, type OutboundRequest, type OutboundResponse } from '@outrider/ports/outbound-http';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { FakeAuditLog } from '@outrider/testing/fakes/audit-log.fake';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';
import { FakeGatewayAdmin, FakeGateways } from '@outrider/testing/fakes/gateway-admin.fake';
import { FakeJobQueue } from '@outrider/testing/fakes/job-queue.fake';
import { FakeDeliveryStore, FakeWebhookStore } from '@outrider/testing/fakes/notification-store.fake';
import { FakeEnforcementStore } from '@outrider/testing/fakes/response-store.fake';
import { Responder } from '../responder.ts';

export const ALICE = 'c0ffee00-0000-4000-8000-000000000001';
export const BOB = 'c0ffee00-0000-4000-8000-000000000002';
export const START = 1_767_225_600_000;

export class FakeOutbound extends OutboundHttp {
  readonly requests: OutboundRequest[] = [];
  answer: () => OutboundResponse = () => ({ status: 200, excerpt: '' });

  async post(request: OutboundRequest): Promise<OutboundResponse> {
    this.requests.push(request);
    return this.answer();
  }
}

/** A responder on fakes: tests own the time, Kong and the rows. */
export class RespondWorld {
  time = START;
  readonly clock: Clock = { now: () => this.time };
  readonly kong = new FakeGatewayAdmin();
  readonly gateways = new FakeGateways(this.kong);
  readonly enforcements = new FakeEnforcementStore();
  readonly policies = this.enforcements.policies;
  readonly audit = new FakeAuditLog();
  readonly webhooks = new FakeWebhookStore();
  readonly deliveries = new FakeDeliveryStore();
  readonly jobs = new FakeJobQueue<Jobs>();
  readonly bus = new FakeEventBus();
  readonly outbound = new FakeOutbound();
  readonly metrics = new Metrics();
  readonly responder = new Responder({ ...this, log: createLogger({ name: 'test', level: 'silent', pretty: false }) });

  constructor() {
    for (const [id, username] of [
      [ALICE, 'alice'],
      [BOB, 'bob'],
    ] as const)
      this.kong.consumers.set(id, { id, username, custom_id: null, tags: null });
  }

  add(overrides: Parameters<typeof anEnforcement>[0] = {}): EnforcementRecord {
    const record = { ...anEnforcement({ createdAt: START, endsAt: null, ...overrides }), saved: null, revision: 1 };
    this.enforcements.records.set(record.id, record);
    return record;
  }

  row(id: string): EnforcementRecord {
    const row = this.enforcements.records.get(id);
    if (!row) throw new Error(`no row ${id}`);
    return row;
  }

  apply(id: string): Promise<void> {
    return this.responder.runner.apply(id);
  }

  /** By hand, as the API does it. */
  async undo(id: string): Promise<void> {
    const row = this.row(id);
    if (row.state !== 'lifting')
      this.enforcements.records.set(id, { ...row, state: 'lifting', liftedBy: 'tester', revision: row.revision + 1 });
    await this.responder.runner.lift(id);
  }

  /** Plugins by name and scope, without what Kong sets itself. */
  standing(name?: string): readonly GatewayPlugin[] {
    return [...this.kong.stored.values()].filter((plugin) => name === undefined || plugin.name === name);
  }
}

let sequence = 0;
/** An operator's own plugin. */
export const aPlugin = (name: string, overrides: Partial<GatewayPlugin> = {}): GatewayPlugin => ({
  id: `99999999-0000-4000-8000-${String(++sequence).padStart(12, '0')}`,
  name,
  instance_name: null,
  enabled: true,
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  tags: null,
  service: null,
  route: null,
  consumer: null,
  config: {},
  ...overrides,
});
