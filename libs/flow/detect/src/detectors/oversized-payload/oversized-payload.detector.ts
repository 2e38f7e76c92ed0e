import type { Severity } from '@outrider/domain/detection/alert';
import type { OversizedPayloadSettings } from './oversized-payload.settings.ts';

export const OVERSIZED_PAYLOAD_VERSION = '1';

export interface PayloadView {
  /** Requests that the endpoint (or, where it is not known, the service's writes) had before. */
  readonly requests: number;
  readonly known: 'endpoint' | 'service' | 'nothing';
  /** Upper edge of the 99.9th percentile of their sizes, the caller's own of late left out; bytes. */
  readonly usualBytes: number;
  /** The caller's large requests of the last ten minutes; bytes. */
  readonly sizes: readonly number[];
}

export interface PayloadVerdict {
  readonly limitBytes: number;
  readonly count: number;
  readonly largest: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Bytes above which a request is out of all proportion; Infinity while too little is known. */
export const payloadLimit = (view: PayloadView, s: OversizedPayloadSettings): number =>
  view.known === 'nothing' ? Number.POSITIVE_INFINITY : Math.max(s.floorBytes, s.overUsual * view.usualBytes);

/**
 * Flags a caller that sends requests far larger than the endpoint ever takes. False positives: uploads at an endpoint that had none
 * (`floorBytes`, an exception for the route).
 */
export const judgePayload = (view: PayloadView, s: OversizedPayloadSettings): PayloadVerdict | undefined => {
  const limitBytes = payloadLimit(view, s);
  const over = view.sizes.filter((size) => size > limitBytes);
  if (over.length < s.count10m) return undefined;
  const largest = Math.max(...over);
  const blatant = over.length >= 5 * s.count10m || largest >= 16 * limitBytes;
  return {
    limitBytes,
    count: over.length,
    largest,
    severity: blatant ? 'high' : 'medium',
    confidence: Math.min(0.85, (view.known === 'endpoint' ? 0.7 : 0.6) + 0.03 * Math.log2(over.length)),
  };
};

/** Words of places that take files or many records at once. */
const UPLOAD =
  /upload|file|document|image|photo|picture|video|audio|media|attachment|asset|blob|import|bulk|batch|backup|archive|ingest|avatar|scan|dump|restore|artifact|release|package|sync|log|trace|metric|telemetry/i;
const BINARY =
  /^(?:multipart\/|image\/|video\/|audio\/|application\/(?:octet-stream|zip|gzip|x-|pdf|vnd\.|grpc)|text\/csv)/i;

/** A place or a kind of content that is large by nature. */
export const isUpload = (template: string, contentType: string): boolean =>
  UPLOAD.test(template) || BINARY.test(contentType);
