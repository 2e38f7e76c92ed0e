import { numberAt, stringAt, type JsonObject } from '../../json.ts';
import { plainAnswer } from '../exchange.ts';
import { parseQuery } from '../request-uri.ts';
import type { PluginHandler } from './plugin-handler.ts';

const DEFAULT_MESSAGES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'An unexpected error occurred',
  502: 'Bad Gateway',
  503: 'Service unavailable',
};

/** Runs last: whatever answered before it was not terminated. */
export const requestTermination: PluginHandler = {
  name: 'request-termination',
  priority: 2,
  access: (exchange, config) => {
    const trigger = stringAt(config, 'trigger');
    if (
      trigger !== undefined &&
      !exchange.headers.has(trigger.toLowerCase()) &&
      !(trigger in parseQuery(exchange.query))
    )
      return undefined;
    const status = numberAt(config, 'status_code') ?? 503;
    const body = stringAt(config, 'body');
    if (body !== undefined) {
      const type = stringAt(config, 'content_type') ?? 'application/json; charset=utf-8';
      return { status, headers: { 'content-type': type }, body };
    }
    const message = stringAt(config, 'message') ?? DEFAULT_MESSAGES[status];
    const answer: JsonObject = message === undefined ? {} : { message };
    if (config['echo'] === true)
      answer['request'] = {
        method: exchange.method,
        path: exchange.path,
        headers: Object.fromEntries(exchange.headers),
      };
    return plainAnswer(status, answer);
  },
};
