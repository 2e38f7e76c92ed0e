import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer as ApiTracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type NodeTracerConfig,
} from '@opentelemetry/sdk-trace-node';
import { Tracer, type SpanOptions } from './tracer.ts';

export interface OpenTelemetryOptions {
  readonly serviceName: string;
  readonly version: string;
  /** Tells apart processes of one name. */
  readonly instance: string;
  /** Of the collector; spans go to `<endpoint>/v1/traces` (OTLP over HTTP). */
  readonly endpoint: string;
  /** Share of new traces that are recorded, 0 … 1; a trace that another process began is followed as it decided. */
  readonly share: number;
}

/** Spans that may wait to be sent; more are left out. */
const MAX_WAITING = 4_096;
const SEND_EVERY_MS = 2_000;
const SEND_TIMEOUT_MS = 5_000;
const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
};

/** Import this file only when traces are on: it loads the SDK. One per process, since the current span is global. */
export class OpenTelemetryTracer extends Tracer {
  readonly #provider: NodeTracerProvider;
  readonly #tracer: ApiTracer;

  constructor(options: OpenTelemetryOptions) {
    super();
    const exporter = new OTLPTraceExporter({
      url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
      timeoutMillis: SEND_TIMEOUT_MS,
    });
    this.#provider = new NodeTracerProvider({
      resource: resourceOf(options),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.share) }),
      spanProcessors: [
        new BatchSpanProcessor(exporter, {
          maxQueueSize: MAX_WAITING,
          scheduledDelayMillis: SEND_EVERY_MS,
          exportTimeoutMillis: SEND_TIMEOUT_MS,
        }),
      ],
    });
    this.#provider.register();
    this.#tracer = this.#provider.getTracer('outrider', options.version);
  }

  span<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
    const parent = options.from ? propagation.extract(context.active(), options.from) : context.active();
    const settings = { kind: KINDS[options.kind ?? 'internal'], attributes: { ...options.attributes } };
    const span = this.#tracer.startSpan(name, settings, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
        throw error;
      } finally {
        span.end();
      }
    });
  }

  headers(): Readonly<Record<string, string>> {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    const { traceparent } = carrier;
    return traceparent === undefined ? {} : { traceparent };
  }

  async stop(): Promise<void> {
    // An exporter that cannot be reached is no reason to stop uncleanly: traces are an aid, not a record.
    await this.#provider.shutdown().catch(() => undefined);
  }
}

/** The standard names of what sends the spans; the SDK's own resource would read the environment and the machine. */
const resourceOf = (options: OpenTelemetryOptions): NonNullable<NodeTracerConfig['resource']> => {
  const attributes = {
    'service.name': options.serviceName,
    'service.version': options.version,
    'service.instance.id': options.instance,
  };
  const resource: NonNullable<NodeTracerConfig['resource']> = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
};
