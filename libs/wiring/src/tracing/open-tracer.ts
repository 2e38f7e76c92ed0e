import { hostname } from 'node:os';
import type * as z from 'zod';
import { NoTraces, type Tracer } from '@outrider/platform/telemetry/tracer';
import type { processSettings } from '../settings/process-settings.ts';
import { VERSION } from '../version.ts';

type Settings = Pick<
  z.output<z.ZodObject<typeof processSettings>>,
  'OTEL_TRACES' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_TRACES_SAMPLER_ARG'
>;

/** The SDK is loaded only when traces are on. */
export const openTracer = async (name: string, settings: Settings): Promise<Tracer> => {
  if (!settings.OTEL_TRACES) return new NoTraces();
  const { OpenTelemetryTracer } = await import('@outrider/platform/telemetry/open-telemetry');
  return new OpenTelemetryTracer({
    serviceName: name === 'outrider' ? name : `outrider-${name}`,
    version: VERSION,
    instance: `${hostname()}-${process.pid}`,
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    share: settings.OTEL_TRACES_SAMPLER_ARG,
  });
};
