import { Alert, type AlertState, type AlertType, type Severity } from '@outrider/domain/detection/alert';
import { Enforcement, type EnforcementState } from '@outrider/domain/response/enforcement';
import { GuardRails } from '@outrider/domain/response/guard-rails';
import { Policy } from '@outrider/domain/response/policy';
import type { EntityKind } from '@outrider/domain/traffic/entity';
import { DetectionException, DetectorOverride } from '@outrider/domain/detection/detection-control';
import { EventExplanation } from '@outrider/domain/detection/explanation';
import * as z from 'zod';
import { WhoAmI } from './access.ts';
import { Backtest } from '@outrider/domain/detection/backtest';
import { AlertPage } from './alerts.ts';
import { BacktestPage, type BacktestBody } from './backtests.ts';
import { CampaignDetail, CampaignPage } from './campaigns.ts';
import { BaselineChart, type BaselineChartQuery } from './baselines.ts';
import {
  DetectorDetail,
  DetectorPage,
  ExceptionPage,
  type DetectorListQuery,
  type ExceptionBody,
  type OverrideBody,
  type ScopeQuery,
} from './detection-controls.ts';
import { EndpointPage, OpenApiDocument, OpenApiExport, type OpenApiDocumentBody } from './endpoints.ts';
import { EnforcementPage, type EnforcementBodyInput } from './enforcements.ts';
import { EntityDetail, EntityPage, StoredEvent, TimelinePage, type TimelineKind } from './entities.ts';
import { DeadLetterCounts, DeadLetterPage, EventPage } from './events.ts';
import { Health } from './health.ts';
import { PolicyPage, PolicyTestResult, type PolicyBody } from './policies.ts';
import { Problem } from './problem.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_REPLY_CHARS = 64 * 1_024 * 1_024;

/** Why a call did not work: `status` 0 when no answer came. `problem` is what the server said, where it said something. */
export class ApiClientError extends Error {
  override readonly name = 'ApiClientError';
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly problem?: Problem,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface ApiClientOptions {
  /** e.g. `http://127.0.0.1:7500`. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

type QueryValue = string | number | readonly string[] | undefined;
// Types, not interfaces: only those fit an index signature.
type Paging = { readonly limit?: number | undefined; readonly cursor?: string | undefined };
/** ISO 8601, ms since epoch, `now` or `-1h`. */
type Range = { readonly from?: string | undefined; readonly to?: string | undefined };
type OfEntity = { readonly entityKind?: EntityKind | undefined; readonly entityId?: string | undefined };
type AlertFilter = {
  readonly state?: readonly AlertState[] | undefined;
  readonly type?: readonly AlertType[] | undefined;
  readonly severity?: Severity | undefined;
};
type EnforcementFilter = {
  readonly state?: readonly EnforcementState[] | undefined;
  readonly alertId?: string | undefined;
};
type TimelineFilter = {
  readonly include?: readonly TimelineKind[] | undefined;
  readonly order?: 'newest' | 'oldest' | undefined;
};
export type EntityPath = 'consumers' | 'addresses' | 'credentials';

/** The REST API as functions; every reply is parsed by the schema that the server documents. Throws ApiClientError only. */
export class ApiClient {
  readonly #base: string;

  constructor(private readonly options: ApiClientOptions) {
    this.#base = options.baseUrl.replace(/\/+$/, '');
  }

  whoAmI = () => this.#call('GET', '/v1/me', WhoAmI);
  /** Also when something is not ready: `status` says so. */
  health = () => this.#call('GET', '/v1/health', Health, { accept: [503] });

  policies = (query: Paging = {}) => this.#call('GET', '/v1/policies', PolicyPage, { query });
  policy = (id: string) => this.#call('GET', `/v1/policies/${segment(id)}`, Policy);
  createPolicy = (body: z.input<typeof PolicyBody>) => this.#call('POST', '/v1/policies', Policy, { body });
  replacePolicy = (id: string, body: z.input<typeof PolicyBody>) =>
    this.#call('PUT', `/v1/policies/${segment(id)}`, Policy, { body });
  removePolicy = (id: string) => this.#call('DELETE', `/v1/policies/${segment(id)}`, Nothing);
  startBacktest = (body: z.input<typeof BacktestBody>) => this.#call('POST', '/v1/backtests', Backtest, { body });
  backtest = (id: string) => this.#call('GET', `/v1/backtests/${segment(id)}`, Backtest);
  backtests = (query: Paging = {}) => this.#call('GET', '/v1/backtests', BacktestPage, { query });
  testPolicy = (id: string) => this.#call('POST', `/v1/policies/${segment(id)}/test`, PolicyTestResult);
  guardRails = () => this.#call('GET', '/v1/guard-rails', GuardRails);
  changeGuardRails = (body: Partial<Omit<GuardRails, 'neverBlock'>>) =>
    this.#call('PATCH', '/v1/guard-rails', GuardRails, { body });

  alerts = (query: Paging & Range & OfEntity & AlertFilter & { readonly campaign?: string | undefined } = {}) =>
    this.#call('GET', '/v1/alerts', AlertPage, { query });
  alert = (id: string) => this.#call('GET', `/v1/alerts/${segment(id)}`, Alert);
  acknowledgeAlert = (id: string) => this.#call('POST', `/v1/alerts/${segment(id)}/acknowledge`, Alert);
  resolveAlert = (id: string) => this.#call('POST', `/v1/alerts/${segment(id)}/resolve`, Alert);

  campaigns = (query: Paging & Range & OfEntity & AlertFilter = {}) =>
    this.#call('GET', '/v1/campaigns', CampaignPage, { query });
  campaign = (id: string) => this.#call('GET', `/v1/campaigns/${segment(id)}`, CampaignDetail);

  enforcements = (query: Paging & Range & OfEntity & EnforcementFilter = {}) =>
    this.#call('GET', '/v1/enforcements', EnforcementPage, { query });
  enforcement = (id: string) => this.#call('GET', `/v1/enforcements/${segment(id)}`, Enforcement);
  /** The same `idempotencyKey` gives the same enforcement: safe to try again after a time-out. */
  enforce = (body: EnforcementBodyInput, idempotencyKey?: string) =>
    this.#call('POST', '/v1/enforcements', Enforcement, {
      body,
      ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
    });
  undoEnforcement = (id: string) => this.#call('POST', `/v1/enforcements/${segment(id)}/undo`, Enforcement);

  entities = (path: EntityPath, query: Paging & Range & { name?: string | undefined } = {}) =>
    this.#call('GET', `/v1/${path}`, EntityPage, { query });
  entity = (path: EntityPath, id: string, query: Range = {}) =>
    this.#call('GET', `/v1/${path}/${segment(id)}`, EntityDetail, { query });
  timeline = (path: EntityPath, id: string, query: Paging & Range & TimelineFilter = {}) =>
    this.#call('GET', `/v1/${path}/${segment(id)}/timeline`, TimelinePage, { query });

  baseline = (query: BaselineChartQuery) => this.#call('GET', '/v1/baselines', BaselineChart, { query: { ...query } });

  events = (query: Paging & Range & Readonly<Record<string, QueryValue>> = {}) =>
    this.#call('GET', '/v1/events', EventPage, { query });
  event = (gatewayAndId: string) => this.#call('GET', `/v1/events/${segment(gatewayAndId)}`, StoredEvent);
  explanation = (gatewayAndId: string) =>
    this.#call('GET', `/v1/events/${segment(gatewayAndId)}/explanation`, EventExplanation);

  detectors = (query: Partial<DetectorListQuery> = {}) => this.#call('GET', '/v1/detectors', DetectorPage, { query });
  detector = (type: AlertType) => this.#call('GET', `/v1/detectors/${segment(type)}`, DetectorDetail);
  overrideDetector = (type: AlertType, scope: ScopeQuery, body: z.input<typeof OverrideBody>) =>
    this.#call('PUT', `/v1/detectors/${segment(type)}/override`, DetectorOverride, { query: { ...scope }, body });
  restoreDetector = (type: AlertType, scope: ScopeQuery) =>
    this.#call('DELETE', `/v1/detectors/${segment(type)}/override`, Nothing, { query: { ...scope } });
  exceptions = (query: Paging & { readonly ended?: 'true' | 'false' | undefined } = {}) =>
    this.#call('GET', '/v1/exceptions', ExceptionPage, { query });
  exception = (id: string) => this.#call('GET', `/v1/exceptions/${segment(id)}`, DetectionException);
  addException = (body: z.input<typeof ExceptionBody>) =>
    this.#call('POST', '/v1/exceptions', DetectionException, { body });
  removeException = (id: string) => this.#call('DELETE', `/v1/exceptions/${segment(id)}`, Nothing);

  deadLetters = (query: Paging & Range & { reason?: string | undefined } = {}) =>
    this.#call('GET', '/v1/dead-letters', DeadLetterPage, { query });
  deadLetterCounts = (query: Range = {}) => this.#call('GET', '/v1/dead-letters/counts', DeadLetterCounts, { query });

  endpoints = (query: Paging & Readonly<Record<string, QueryValue>> = {}) =>
    this.#call('GET', '/v1/endpoints', EndpointPage, { query });
  exportOpenApi = (query: { readonly service: string; readonly gateway?: string | undefined }) =>
    this.#call('GET', '/v1/openapi', OpenApiExport, { query });
  importOpenApi = (body: z.input<typeof OpenApiDocumentBody>) =>
    this.#call('POST', '/v1/openapi-documents', OpenApiDocument, { body });

  async #call<T extends z.ZodType>(method: string, path: string, reply: T, call: Call = {}): Promise<z.output<T>> {
    const response = await this.#send(method, `${path}${queryText(call.query ?? {})}`, call);
    const text = await textOf(response);
    if (!response.ok && !call.accept?.includes(response.status)) throw refusal(response.status, text);
    const parsed = reply.safeParse(text === '' ? undefined : jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new ApiClientError(
      `${method} ${path}: the answer is not what this version expects\n${z.prettifyError(parsed.error)}`,
      'unexpected-answer',
      response.status,
    );
  }

  async #send(method: string, path: string, { body, headers }: Call): Promise<Response> {
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS, fetch = globalThis.fetch } = this.options;
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw unreachable(this.#base, error);
    }
  }
}

interface Call {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses from 400 on whose body is a reply all the same. */
  readonly accept?: readonly number[];
}

const Nothing = z.undefined();

const segment = (text: string): string => encodeURIComponent(text);

const queryText = (query: Readonly<Record<string, QueryValue>>): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.append(name, typeof value === 'object' ? value.join(',') : String(value));
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
};

const textOf = async (response: Response): Promise<string> => {
  try {
    const text = await response.text();
    if (text.length <= MAX_REPLY_CHARS) return text;
  } catch (error) {
    throw new ApiClientError('the answer broke off', 'unreachable', response.status, undefined, { cause: error });
  }
  throw new ApiClientError('the answer is too large', 'unexpected-answer', response.status);
};

const refusal = (status: number, text: string): ApiClientError => {
  const parsed = Problem.safeParse(jsonOf(text));
  if (!parsed.success)
    return new ApiClientError(`the server answered ${status}; is this an Outrider?`, 'unexpected-answer', status);
  const { title, detail, code, errors = [] } = parsed.data;
  const lines = errors.map(({ path, message }) => `  ${path === '' ? 'request' : path}: ${message}`);
  return new ApiClientError([`${title}: ${detail ?? code}`, ...lines].join('\n'), code, status, parsed.data);
};

const unreachable = (base: string, error: unknown): ApiClientError => {
  const late = typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
  const [what, code] = late ? ['did not answer in time', 'timeout'] : ['is not reachable', 'unreachable'];
  return new ApiClientError(`${base} ${what}`, code, 0, undefined, { cause: error });
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
