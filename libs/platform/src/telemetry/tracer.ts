/** Fixed slugs, counts and our own ids: never a value from traffic, never a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind?: 'internal' | 'producer' | 'consumer' | 'client';
  readonly attributes?: SpanAttributes;
  /** Headers of a message that `headers` wrote: the span continues that trace. Absent: the current one, or a new trace. */
  readonly from?: Readonly<Record<string, string | undefined>>;
}

/**
 * Traces of a process: one span per batch or call, never per event. What runs inside `work` (across its awaits) is its child.
 * A span ends with the class of the error that `work` threw, without its text.
 */
export abstract class Tracer {
  abstract span<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  /** Headers that carry the current span to another process (W3C `traceparent`); empty without one. */
  abstract headers(): Readonly<Record<string, string>>;
  /** Sends what waits. */
  abstract stop(): Promise<void>;
}

/** Traces are off: `work` is called, and nothing else happens. */
export class NoTraces extends Tracer {
  span<T>(_name: string, _options: SpanOptions, work: () => Promise<T>): Promise<T> {
    return work();
  }

  headers(): Readonly<Record<string, string>> {
    return {};
  }

  async stop(): Promise<void> {
    return;
  }
}
