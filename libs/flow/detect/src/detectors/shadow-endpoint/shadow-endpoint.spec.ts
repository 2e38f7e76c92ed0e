import { describe, expect, it } from '@jest/globals';
import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { zombieEndpoint } from '../zombie-endpoint/zombie-endpoint.definition.ts';
import { shadowEndpoint } from './shadow-endpoint.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const documented = (template: string, deprecated = false) => ({
  method: 'GET',
  template,
  hosts: [],
  deprecated,
  operationId: '',
  document: 'Orders API',
});
const DOCUMENTS = new DocumentIndex(
  new Map([
    [
      'default',
      [{ gateway: '', service: '', endpoints: [documented('/orders/{id}'), documented('/orders/old', true)] }],
    ],
  ]),
);
const on = (template: string, n: number, everyMs = 600_000): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anApiEvent({ startedAt: AT + i * everyMs, path: template, pathTemplate: template }),
  );
const typesOf = (events: readonly ApiEvent[], documents = DOCUMENTS): string[] => {
  const engine = engineOf(shadowEndpoint, zombieEndpoint);
  engine.knowledge.documents = documents;
  return [...new Set(findingsIn(engine, events).map(({ type, entity }) => `${type} ${entity.id}`))];
};

describe('shadow-endpoint', () => {
  const known = on('/orders/{id}', 30);

  it('tells an endpoint that answers and is in no document', () => {
    expect(typesOf([...known, ...on('/internal/dump', 30)])).toEqual(['shadow-endpoint GET /internal/dump']);
  });

  it('tells an endpoint that its document calls deprecated as a zombie', () => {
    expect(typesOf([...known, ...on('/orders/old', 30)])).toEqual(['zombie-endpoint GET /orders/old']);
  });

  it('tells a few endpoints of an undocumented place, not each value in its paths', () => {
    const files = Array.from({ length: 12 }, (_, i) => on(`/api/v1/repos/{id}/tree/file${i}.md`, 30)).flat();
    expect(typesOf([...known, ...files].sort((a, b) => a.startedAt - b.startedAt))).toHaveLength(3);
  });

  it('takes what stands below a documented parameter for a whole path as documented', () => {
    const endpoints = [documented('/orders/{id}'), documented('/repos/{id}/contents/{path}')];
    const documents = new DocumentIndex(new Map([['default', [{ gateway: '', service: '', endpoints }]]]));
    const deep = on('/repos/{id}/contents/docs/img/logo.svg', 30);
    expect(typesOf([...known, ...deep, ...on('/repos/{id}/dump', 30)], documents)).toEqual([
      'shadow-endpoint GET /repos/{id}/dump',
    ]);
  });

  it('takes no path that goes up again for an endpoint', () => {
    expect(typesOf([...known, ...on('/repos/{id}/contents/docs/../a.sql', 30)])).toEqual([]);
  });

  it('is silent about a few answers, a short while, and without documents', () => {
    expect(typesOf([...known, ...on('/internal/dump', 8)])).toEqual([]);
    expect(typesOf([...known, ...on('/internal/dump', 30, 60_000)])).toEqual([]);
    expect(typesOf([...known, ...on('/internal/dump', 30)], DocumentIndex.NONE)).toEqual([]);
  });
});
