import type { ServerResponse } from 'node:http';
import type { EntryError } from '../intake.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accepted?: number;
  readonly refused?: number;
  readonly errors?: readonly EntryError[];
}

/** RFC 9457. */
export const sendProblem = (response: ServerResponse, problem: Problem): void => {
  const { status, detail, headers, ...rest } = problem;
  send(
    response,
    status,
    'application/problem+json',
    { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, ...rest },
    headers,
  );
};

export const sendJson = (response: ServerResponse, status: number, body: unknown): void =>
  send(response, status, 'application/json', body);

const send = (
  response: ServerResponse,
  status: number,
  contentType: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  if (response.headersSent || response.destroyed) return;
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, 'content-type': contentType, 'content-length': text.length });
  response.end(text);
};
