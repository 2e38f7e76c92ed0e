import * as z from 'zod';
import { parseCidr } from '../traffic/ip-address.ts';
import { AlertType } from './alert.ts';

const Instant = z.number().int().min(0).max(8_640_000_000_000_000).describe('ms since epoch');
const Text = (max: number) =>
  z
    .string()
    .max(max)
    // eslint-disable-next-line no-control-regex -- control characters are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'no control characters');

/** `off`: its findings are nobody's; `simulated`: they are shown and never acted upon. */
export const DetectorState = z.enum(['on', 'simulated', 'off']);
export type DetectorState = z.infer<typeof DetectorState>;

/** What of the traffic a decision holds for: id or name as Kong has them; '' = all. Both: a route of that service. */
export const ControlScope = z.object({
  service: Text(512).default('').describe('id or name; empty = all services'),
  route: Text(512).default('').describe('id or name; empty = all routes'),
});
export type ControlScope = Readonly<z.infer<typeof ControlScope>>;

/** Settings that differ from the process's: checked against the detector's own schema by whoever knows it. */
export const SettingsChange = z
  .record(z.string().max(64), z.json())
  .refine((settings) => Object.keys(settings).length <= 50, 'at most 50 settings')
  .refine((settings) => JSON.stringify(settings).length <= 8_192, 'at most 8,192 characters of JSON');
export type SettingsChange = Readonly<z.infer<typeof SettingsChange>>;

export const DetectorOverrideDraft = ControlScope.extend({
  type: AlertType,
  state: DetectorState.nullable().default(null).describe('null = what a wider scope says'),
  settings: SettingsChange.default({}).describe('only what differs; wider scopes give the rest'),
  reason: Text(500).default(''),
});
export type DetectorOverrideDraft = Readonly<z.infer<typeof DetectorOverrideDraft>>;

/** What somebody decided about a detector (or a rule) of a tenant, a service or a route; one for each type and scope. */
export const DetectorOverride = DetectorOverrideDraft.extend({
  id: z.uuid(),
  updatedAt: Instant,
  updatedBy: z.string(),
}).meta({ id: 'DetectorOverride' });
export type DetectorOverride = Readonly<z.infer<typeof DetectorOverride>>;

/** `GET /orders/{id}`, `* /reports/*`: a method or `*`, and a path template whose end may be `*`. */
const EndpointPattern = Text(1_100).regex(
  /^(?:\*|[A-Z-]{1,32}) \/[^*]*\*?$/,
  'a method (or *), a space and a path template, with * at its end at most: `GET /orders/{id}`, `* /reports/*`',
);

/** Who or where: all that is given must hold. */
export const ExceptionMatch = z.object({
  entity: z
    .object({
      kind: z.enum(['consumer', 'credential', 'ip', 'endpoint', 'route', 'service', 'gateway']),
      id: Text(512).min(1),
    })
    .nullable()
    .default(null)
    .describe('whom the finding is about; id, or name as alerts show it'),
  cidr: Text(64)
    .refine((text) => parseCidr(text) !== undefined, 'an address or a range such as 192.0.2.0/24')
    .nullable()
    .default(null)
    .describe('where the request came from'),
  endpoint: EndpointPattern.nullable().default(null).describe('holds for findings that are about such endpoints alone'),
  tag: Text(256).min(1).nullable().default(null).describe("a tag of the consumer's"),
});
export type ExceptionMatch = Readonly<z.infer<typeof ExceptionMatch>>;

export const MAX_EXCEPTION_MS = 366 * 86_400_000;

const exceptionShape = {
  types: z.array(AlertType).max(50).default([]).describe('empty = every type'),
  match: ExceptionMatch,
  reason: Text(500).min(1).describe('why this is no alert'),
  until: Instant.describe('ms since epoch, at most a year ahead; findings from then on count again'),
};
const someMatch = ({ match }: { readonly match: ExceptionMatch }): boolean =>
  Object.values(match).some((part) => part !== null);

export const DetectionExceptionDraft = z.object(exceptionShape).refine(someMatch, {
  path: ['match'],
  message: 'name an entity, a cidr, an endpoint or a tag; to silence a detector switch it off',
});
export type DetectionExceptionDraft = Readonly<z.infer<typeof DetectionExceptionDraft>>;

/** What is no alert although a detector says so: with a reason, an end and somebody who answers for it. */
export const DetectionException = z
  .object({ ...exceptionShape, id: z.uuid(), createdAt: Instant, createdBy: z.string(), updatedAt: Instant })
  .meta({ id: 'DetectionException' });
export type DetectionException = Readonly<z.infer<typeof DetectionException>>;

/** Everything that people decided, of all tenants. */
export interface AllControls {
  readonly overrides: readonly (DetectorOverride & { readonly tenant: string })[];
  readonly exceptions: readonly (DetectionException & { readonly tenant: string })[];
}
