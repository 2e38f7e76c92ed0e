import * as z from 'zod';
import { BUSINESS_FLOWS } from './business-flow.ts';

/** What exports and comparisons need to know of an endpoint; times in ms. */
export interface ObservedEndpoint {
  readonly method: string;
  readonly template: string;
  readonly successes: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export const SENSITIVITIES = ['low', 'medium', 'high'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/** Traffic of an endpoint over the last `days` days; sizes in bytes, latencies in ms, -1 where nothing was measured. */
export const EndpointTraffic = z.object({
  days: z.number().int(),
  requests: z.number(),
  callers: z.number().describe('distinct, estimated'),
  status2xx: z.number(),
  status3xx: z.number(),
  status4xx: z.number(),
  status5xx: z.number(),
  authenticatedShare: z.number().min(0).max(1).describe('of the good answers, those with a consumer or a credential'),
  requestBytes: z.number().describe('mean'),
  responseBytes: z.number().describe('mean'),
  latencyP50Ms: z.number(),
  latencyP95Ms: z.number(),
  latencyP99Ms: z.number(),
});
export type EndpointTraffic = Readonly<z.infer<typeof EndpointTraffic>>;

/** An endpoint of the inventory: method and path template under a service and host, learned from traffic. */
export const KnownEndpoint = z.object({
  /** 24 hex digits, from what names it. */
  id: z.string(),
  tenant: z.string(),
  gateway: z.string(),
  serviceId: z.string(),
  serviceName: z.string(),
  host: z.string(),
  method: z.string(),
  template: z.string(),
  state: z.enum(['active', 'silent', 'replaced']),
  firstSeenAt: z.number(),
  lastSeenAt: z.number(),
  /** Answers of 200–399 that the learner has seen, and in how many different hours (at most 32 are told apart). */
  successes: z.number(),
  hours: z.number(),
  /** Query parameter → classes of its values, as seen so far. */
  parameters: z.record(z.string(), z.array(z.string())),
  /** `path:email`, `query:card`. */
  dataClasses: z.array(z.string()),
  traffic: EndpointTraffic.nullable(),
});
export type KnownEndpoint = Readonly<z.infer<typeof KnownEndpoint>>;

/** As shown: tags follow the tenant's keywords, sensitivity follows tags and data classes. */
export const EndpointView = KnownEndpoint.extend({
  flows: z.array(z.enum(BUSINESS_FLOWS)),
  sensitivity: z.enum(SENSITIVITIES),
});
export type EndpointView = Readonly<z.infer<typeof EndpointView>>;

export const ENDPOINT_CHANGES = [
  'new', // became known
  'replaced', // turned out to be part of another endpoint, or was renamed by hand
  'parameter', // a query parameter, or a class of its values, that was not there before
  'data-class', // personal or secret data that was not there before
  'unauthenticated', // good answers without consumer and credential, where nearly all had one before
  'silent', // no good answer for a while
  'back', // good answers again
] as const;

export const EndpointChange = z.object({
  id: z.string(),
  tenant: z.string(),
  endpointId: z.string(),
  /** `GET /orders/{id}` */
  endpoint: z.string(),
  serviceName: z.string(),
  at: z.number(),
  kind: z.enum(ENDPOINT_CHANGES),
  /** What is new: the parameter and its class, the data class, the template that replaced it; '' else. */
  detail: z.string(),
});
export type EndpointChange = Readonly<z.infer<typeof EndpointChange>>;

const HIGH = new Set(['iban', 'card', 'bsn', 'ssn', 'jwt', 'key']);

/** Secrets, payment and identity numbers, administration: high; other personal data, accounts, payments, exports, logins: medium. */
export const sensitivityOf = (dataClasses: readonly string[], flows: readonly string[]): Sensitivity => {
  const classes = dataClasses.map((one) => one.slice(one.indexOf(':') + 1));
  if (flows.includes('admin') || classes.some((one) => HIGH.has(one))) return 'high';
  return flows.length > 0 || classes.some((one) => one !== 'ip') ? 'medium' : 'low';
};
