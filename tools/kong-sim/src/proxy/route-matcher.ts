import { numberAt, objectAt, stringsAt, type JsonObject } from '../json.ts';
import type { Exchange } from './exchange.ts';

export interface RouteMatch {
  readonly route: JsonObject;
  /** The part of the path that matched, which strip_path removes. */
  readonly matchedPath: string;
}

interface Candidate extends RouteMatch {
  readonly rank: readonly number[];
}

/** The route for a request, by the order of Kong's traditional router; nothing when none matches. */
export const matchRoute = (
  routes: readonly JsonObject[],
  request: Pick<Exchange, 'method' | 'path' | 'host' | 'headers'>,
): RouteMatch | undefined =>
  routes
    .flatMap((route) => candidateFor(route, request) ?? [])
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .at(0);

const compareRanks = (a: readonly number[], b: readonly number[]): number => {
  for (const [at, value] of a.entries()) if (value !== (b[at] ?? 0)) return (b[at] ?? 0) - value;
  return 0;
};

const candidateFor = (
  route: JsonObject,
  request: Pick<Exchange, 'method' | 'path' | 'host' | 'headers'>,
): Candidate | undefined => {
  const protocols = stringsAt(route, 'protocols');
  if (!protocols.includes('http') && !protocols.includes('https')) return undefined;
  const host = matchHost(stringsAt(route, 'hosts'), request.host);
  const methods = stringsAt(route, 'methods');
  const headers = Object.entries(objectAt(route, 'headers') ?? {});
  const path = matchPath(stringsAt(route, 'paths'), request.path);
  const headersMatch = headers.every(([name]) =>
    (request.headers.get(name.toLowerCase()) ?? []).some((value) =>
      stringsAt(objectAt(route, 'headers'), name).includes(value),
    ),
  );
  if (host === undefined || path === undefined || !headersMatch) return undefined;
  if (methods.length > 0 && !methods.includes(request.method)) return undefined;
  // More kinds of criteria first, then the more exact ones, then the older route.
  const kinds = [host !== 'any', methods.length > 0, headers.length > 0, path.kind !== 'any'].filter(Boolean).length;
  const rank = [
    kinds,
    host === 'exact' ? 1 : 0,
    headers.length,
    path.kind === 'regex' ? 1 : 0,
    path.kind === 'regex' ? (numberAt(route, 'regex_priority') ?? 0) : 0,
    path.length,
    -(numberAt(route, 'created_at') ?? 0),
  ];
  return { route, matchedPath: path.matched, rank };
};

const matchHost = (hosts: readonly string[], host: string): 'any' | 'exact' | 'wildcard' | undefined => {
  if (hosts.length === 0) return 'any';
  if (hosts.some((candidate) => candidate.toLowerCase() === host)) return 'exact';
  const wildcard = hosts.some(
    (candidate) =>
      (candidate.startsWith('*.') && host.endsWith(candidate.slice(1))) ||
      (candidate.endsWith('.*') && host.startsWith(candidate.slice(0, -1))),
  );
  return wildcard ? 'wildcard' : undefined;
};

interface PathMatch {
  readonly kind: 'any' | 'prefix' | 'regex';
  readonly matched: string;
  readonly length: number;
}

const matchPath = (paths: readonly string[], path: string): PathMatch | undefined => {
  if (paths.length === 0) return { kind: 'any', matched: '', length: 0 };
  for (const pattern of paths.filter((candidate) => candidate.startsWith('~'))) {
    const matched = execute(pattern.slice(1), path);
    if (matched !== undefined) return { kind: 'regex', matched, length: pattern.length };
  }
  const prefixes = paths.filter((candidate) => candidate.startsWith('/') && path.startsWith(candidate));
  const longest = prefixes.sort((a, b) => b.length - a.length).at(0);
  if (longest === undefined) return undefined;
  // The root matches everything and strips nothing but itself.
  return { kind: 'prefix', matched: longest === '/' ? '' : longest, length: longest.length };
};

const compiled = new Map<string, RegExp | undefined>();

const execute = (pattern: string, path: string): string | undefined => {
  if (!compiled.has(pattern)) compiled.set(pattern, compile(pattern));
  return compiled.get(pattern)?.exec(path)?.[0];
};

const compile = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(`^(?:${pattern})`);
  } catch {
    return undefined;
  }
};
