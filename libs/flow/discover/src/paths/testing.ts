import type { Endpoint } from './endpoint.ts';
import type { PathTemplates } from './path-templates.ts';

const START = Date.UTC(2026, 0, 5);

/** Good answers to these paths, `times` each round, from eight callers, a minute apart. */
export const teach = (templates: PathTemplates, paths: readonly string[], times = 1, method = 'GET'): void => {
  let n = templates.trie.successes;
  for (let round = 0; round < times; round++)
    for (const path of paths) {
      templates.observe({ method, path, status: 200, caller: `caller-${(n * 7) % 8}`, at: START + n * 60_000 });
      n++;
    }
};

export const knownKeys = (templates: PathTemplates): string[] =>
  templates
    .endpoints()
    .map((one: Endpoint) => one.key)
    .sort();

/** Pronounceable words that are nothing to an API; the same for the same number. */
export const wordOf = (n: number): string => {
  const syllables = ['ba', 'do', 'fi', 'gu', 'ka', 'lo', 'mi', 'nu', 'pa', 'ro', 'si', 'tu', 've', 'wo', 'xi', 'za'];
  return [n >> 12, n >> 8, n >> 4, n].map((part) => syllables[part & 15]).join('');
};
