import { isObject, type Json, type JsonObject } from '../json.ts';
import { startKongSim, type KongSim, type KongSimOptions } from '../kong-sim.ts';
import type { Declarative } from '../seed/declarative.ts';
import { startLabUpstream, type LabUpstream } from './lab-upstream.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** A gateway in front of an upstream, with one service and two ways to ask it. */
export interface Gateway {
  readonly sim: KongSim;
  readonly upstream: LabUpstream;
  readonly get: (path: string, headers?: Record<string, string>, init?: RequestInit) => Promise<Answer>;
  readonly admin: (method: string, path: string, body?: JsonObject) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

/** Changes are visible at once unless the options say otherwise; the service `svc` leads to the upstream. */
export const startGateway = async (seed: Declarative = {}, options: KongSimOptions = {}): Promise<Gateway> => {
  const upstream = await startLabUpstream();
  const url = `http://127.0.0.1:${upstream.port}`;
  const sim = await startKongSim({ propagationMs: 0, upstream: url, ...options });
  sim.seed({ services: [{ name: 'svc', url }], ...seed });
  const ask = async (target: string, init: RequestInit): Promise<Answer> => {
    const answer = await fetch(target, { redirect: 'manual', ...init });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson && text !== '' ? (JSON.parse(text) as Json) : text,
    };
  };
  return {
    sim,
    upstream,
    get: (path, headers = {}, init = {}) => ask(`${sim.proxyUrl}${path}`, { ...init, headers }),
    admin: (method, path, body) =>
      ask(`${sim.adminUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    stop: async () => {
      await sim.stop();
      await upstream.stop();
    },
  };
};

export const idOf = (answer: Answer): string => (isObject(answer.body) ? String(answer.body['id']) : '');

/** A clock that stands still until it is moved. */
export const movableClock = (startMs = Date.UTC(2026, 0, 1)): { now: () => number; advance: (ms: number) => void } => {
  let time = startMs;
  return { now: () => time, advance: (ms) => void (time += ms) };
};
