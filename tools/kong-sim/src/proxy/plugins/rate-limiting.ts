import { numberAt, objectAt, stringAt, type JsonObject } from '../../json.ts';
import { firstHeader, gatewayError, type Exchange, type GatewayAnswer } from '../exchange.ts';
import type { PluginHandler } from './plugin-handler.ts';

const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
type Period = (typeof PERIODS)[number];

const LENGTH_SECONDS: Readonly<Record<Period, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
};

interface Usage {
  readonly period: Period;
  readonly limit: number;
  readonly counter: string;
  readonly used: number;
}

/** Fixed windows aligned to the clock, counted in this node's memory. Make one per gateway: it holds the counters. */
export const rateLimiting = (): PluginHandler => {
  const counters = new Map<string, { count: number; readonly endsAt: number }>();
  let lastSweep = 0;
  return {
    name: 'rate-limiting',
    priority: 910,
    access: (exchange, config, world, plugin) => {
      const now = world.now();
      if (now - lastSweep > 60_000) {
        lastSweep = now;
        for (const [key, counter] of counters) if (counter.endsAt <= now) counters.delete(key);
      }
      // Two plugins of one scope share counters, whoever they are for: a consumer's own counts all its routes together.
      const scope = ['route', 'service'].map((field) => stringAt(objectAt(plugin, field), 'id') ?? '').join('|');
      const who = `${scope}|${identifier(exchange, config)}`;
      const usages = PERIODS.flatMap((period): Usage[] => {
        const limit = numberAt(config, period);
        if (limit === undefined) return [];
        const counter = `${who}|${period}|${windowStart(period, now)}`;
        return [{ period, limit, counter, used: counters.get(counter)?.count ?? 0 }];
      });
      const exceeded = usages.some(({ limit, used }) => used >= limit);
      const headers = headersOf(usages, now, exceeded);
      const hidden = config['hide_client_headers'] === true;
      if (!hidden) exchange.responseHeaders.push(...headers.limits);
      if (exceeded) return refusal(exchange, config, hidden ? undefined : headers.resetSeconds);
      for (const { counter, period } of usages) {
        const known = counters.get(counter);
        if (known === undefined) counters.set(counter, { count: 1, endsAt: windowEnd(period, now) });
        else known.count++;
      }
      return undefined;
    },
  };
};

const refusal = (exchange: Exchange, config: JsonObject, retryAfter: number | undefined): GatewayAnswer =>
  gatewayError(
    exchange,
    numberAt(config, 'error_code') ?? 429,
    stringAt(config, 'error_message') ?? 'API rate limit exceeded',
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  );

/** Whom the limit counts; an identifier that is missing falls back to the address. */
const identifier = (exchange: Exchange, config: JsonObject): string => {
  const consumerOrCredential = stringAt(exchange.consumer, 'id') ?? stringAt(exchange.credential, 'id');
  const byLimit: Readonly<Record<string, string | undefined>> = {
    consumer: consumerOrCredential,
    credential: stringAt(exchange.credential, 'id'),
    service: stringAt(exchange.service, 'id'),
    header: firstHeader(exchange.headers, stringAt(config, 'header_name') ?? ''),
    path: exchange.path === stringAt(config, 'path') ? exchange.path : undefined,
  };
  return byLimit[String(config['limit_by'])] ?? exchange.clientIp;
};

const windowStart = (period: Period, now: number): number => {
  const date = new Date(now);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  if (period === 'year') return Date.UTC(date.getUTCFullYear(), 0);
  const length = LENGTH_SECONDS[period] * 1000;
  return Math.floor(now / length) * length;
};

const windowEnd = (period: Period, now: number): number => windowStart(period, now) + LENGTH_SECONDS[period] * 1000;

const headersOf = (
  usages: readonly Usage[],
  now: number,
  exceeded: boolean,
): { readonly limits: [string, string][]; readonly resetSeconds: number } => {
  const limits: [string, string][] = [];
  let tightest: { limit: number; remaining: number; reset: number } | undefined;
  for (const { period, limit, used } of usages) {
    const remaining = Math.max(0, limit - used - (exceeded ? 0 : 1));
    limits.push([`x-ratelimit-limit-${period}`, String(limit)]);
    limits.push([`x-ratelimit-remaining-${period}`, String(remaining)]);
    const elapsed = Math.floor((now - windowStart(period, now)) / 1000);
    const reset = Math.max(1, LENGTH_SECONDS[period] - elapsed);
    if (tightest === undefined || remaining < tightest.remaining) tightest = { limit, remaining, reset };
  }
  const { limit, remaining, reset } = tightest ?? { limit: 0, remaining: 0, reset: 1 };
  limits.push(
    ['ratelimit-limit', String(limit)],
    ['ratelimit-remaining', String(remaining)],
    ['ratelimit-reset', String(reset)],
  );
  return { limits, resetSeconds: reset };
};
