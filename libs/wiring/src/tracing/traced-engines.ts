import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { SpanOptions, Tracer } from '@outrider/platform/telemetry/tracer';
import type { ConsumableBus } from '@outrider/ports/event-bus';
import { Gateways, type GatewayAdmin } from '@outrider/ports/gateway-admin';
import { JobQueue } from '@outrider/ports/job-queue';
import { OutboundHttp, type OutboundRequest, type OutboundResponse } from '@outrider/ports/outbound-http';
import type { Engines } from '../engines.module.ts';
import { TracedBus } from './traced-bus.ts';

type Plain = Engines & { readonly bus: ConsumableBus };

/** The same engines with a span around what crosses a border: the bus, stores' writes, jobs, Kong, webhooks. */
export const tracedEngines = (engines: Plain, tracer: Tracer): Plain => {
  const { events, jobs, gateways, outbound } = engines;
  return {
    ...engines,
    bus: new TracedBus(engines.bus, tracer),
    ...(events
      ? {
          events: spanned(events, tracer, {
            insertEvents: (block) => ({
              name: 'store events',
              kind: 'client',
              attributes: { 'db.system.name': 'clickhouse', 'outrider.rows': block.rows.length },
            }),
            insertDeadLetters: (letters) => ({
              name: 'store dead letters',
              kind: 'client',
              attributes: { 'db.system.name': 'clickhouse', 'outrider.rows': letters.length },
            }),
          }),
        }
      : {}),
    ...(jobs ? { jobs: new TracedJobs(jobs, tracer) } : {}),
    ...(gateways ? { gateways: new TracedGateways(gateways, tracer) } : {}),
    ...(outbound ? { outbound: new TracedOutbound(outbound, tracer) } : {}),
  };
};

interface NamedSpan extends SpanOptions {
  readonly name: string;
}

type Spanned<T> = {
  readonly [K in keyof T]?: T[K] extends (...parameters: infer P) => Promise<unknown> ? (...p: P) => NamedSpan : never;
};

/** `target` with a span around the methods that `spans` names; everything else is the target's own. */
const spanned = <T extends object>(target: T, tracer: Tracer, spans: Spanned<T>): T =>
  new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== 'function') return value;
      const describe: unknown = Reflect.get(spans, key);
      const call = (...parameters: unknown[]): unknown => Reflect.apply(value, object, parameters);
      if (typeof describe !== 'function') return call;
      return (...parameters: unknown[]) => {
        const { name, ...options } = Reflect.apply(describe, undefined, parameters) as NamedSpan; // by the type of `spans`
        return tracer.span(name, options, async () => call(...parameters));
      };
    },
  });

class TracedGateways extends Gateways {
  constructor(
    private readonly gateways: Gateways,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  admin(tenant: string, gateway: string): GatewayAdmin | undefined {
    const admin = this.gateways.admin(tenant, gateway);
    if (!admin) return undefined;
    const call = (name: string) => (): NamedSpan => ({
      name: `kong ${name}`,
      kind: 'client',
      attributes: { 'outrider.gateway': gateway },
    });
    return spanned(admin, this.tracer, {
      info: call('info'),
      consumer: call('consumer'),
      plugin: call('plugin'),
      plugins: call('plugins'),
      consumerPlugins: call('consumer plugins'),
      putPlugin: call('put plugin'),
      patchPlugin: call('patch plugin'),
      deletePlugin: call('delete plugin'),
      routes: call('routes'),
      services: call('services'),
      eachPlugin: call('each plugin'),
      eachMembership: call('each membership'),
      taggedPlugins: call('tagged plugins'),
    });
  }

  propagationMs(tenant: string, gateway: string): number {
    return this.gateways.propagationMs(tenant, gateway);
  }

  list(): readonly { readonly tenant: string; readonly gateway: string; readonly adminConfigured: boolean }[] {
    return this.gateways.list();
  }
}

/** The address of a webhook may hold a token: it is in no span. */
class TracedOutbound extends OutboundHttp {
  constructor(
    private readonly outbound: OutboundHttp,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  post(request: OutboundRequest): Promise<OutboundResponse> {
    const attributes = { 'http.request.method': 'POST', 'http.request.body.size': Buffer.byteLength(request.body) };
    return this.tracer.span('post webhook', { kind: 'client', attributes }, () => this.outbound.post(request));
  }
}

/** The trace goes along in the job's payload. */
class TracedJobs extends JobQueue<Jobs> {
  constructor(
    private readonly jobs: JobQueue<Jobs>,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  enqueue<N extends keyof Jobs & string>(
    name: N,
    payload: Jobs[N],
    options: { readonly jobId: string; readonly delayMs: number },
  ): Promise<void> {
    return this.jobs.enqueue(name, { ...payload, ...this.tracer.headers() }, options);
  }

  handle<N extends keyof Jobs & string>(name: N, handler: (payload: Jobs[N]) => Promise<void>): void {
    this.jobs.handle(name, (payload) =>
      this.tracer.span(`job ${name}`, { kind: 'consumer', from: { traceparent: payload.traceparent } }, () =>
        handler(payload),
      ),
    );
  }

  start(): Promise<void> {
    return this.jobs.start();
  }

  stop(): Promise<void> {
    return this.jobs.stop();
  }

  counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    return this.jobs.counts();
  }
}
