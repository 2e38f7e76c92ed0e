import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { automation } from './automation.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
/** Gaps that vary as a person's do, or (`spread` 0) not at all. */
const by = (who: string, n: number, spread: number, template = '/checkout/cart'): ApiEvent[] => {
  let at = AT;
  return Array.from({ length: n }, (_, i) => {
    at += 3_000 * (1 + spread * (((i * 7919) % 13) / 3 - 1));
    return anApiEvent({ startedAt: at, consumerId: who, credentialId: who, pathTemplate: template, path: template });
  });
};
const people = (template?: string): ApiEvent[] =>
  ['b', 'c', 'd', 'e', 'f', 'g'].flatMap((who) => by(who, 80, 0.9, template));
/** Sessions: one look at the cart, and again hours later, now and then. */
const sessions = (who: string, n: number, spread: number): ApiEvent[] => {
  let at = AT - 60 * 3_600_000;
  return Array.from({ length: n }, (_, i) => {
    at += 5 * 3_600_000 * (1 + spread * (((i * 7919) % 13) / 6 - 1));
    return anApiEvent({ startedAt: at, consumerId: who, credentialId: who, pathTemplate: '/checkout/cart', path: '/checkout/cart' }); // prettier-ignore
  });
};
const slower = (events: readonly ApiEvent[], times: number): ApiEvent[] =>
  events.map((event) => {
    const startedAt = AT + (event.startedAt - AT) * times;
    return { ...event, startedAt, receivedAt: startedAt };
  });
const severities = (...events: readonly ApiEvent[][]): string[] =>
  findingsIn(engineOf(automation), events.flat()).map(({ severity }) => severity);
const found = (...events: readonly ApiEvent[][]): number => findingsIn(engineOf(automation), events.flat()).length;

describe('automation', () => {
  it('hints at clockwork where others are people, and only once an hour', () => {
    expect(found(people(), by('robot', 400, 0))).toBe(1);
  });

  it('knows people by the pauses between their sessions, however few requests each has', () => {
    const shoppers = ['b', 'c', 'd', 'e', 'f', 'g'].map((who) => sessions(who, 9, 0.8));
    expect(severities(...shoppers, by('robot', 150, 0))).toEqual(['info']);
    const jobs = ['b', 'c', 'd', 'e', 'f'].map((who) => sessions(who, 9, 0));
    expect(severities(...jobs, by('robot', 150, 0))).toEqual([]);
  });

  it('is more than a hint after three times as many', () => {
    expect(severities(people(), by('robot', 2500, 0))).toEqual(['info', 'low']);
  });

  it('says how regular a caller is, of endpoints that concern it', () => {
    const engine = engineOf(automation);
    const events = by('robot', 60, 0);
    findingsIn(engine, events);
    const last = events.at(-1);
    expect(last && engine.explain(last, 0)[0]?.says).toContain('every 3.0 s');
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['nobody else is there', [by('robot', 400, 0)]],
    ['others are clocks as well', [people(), by('page', 400, 0), by('robot', 400, 0)]],
    ['the endpoint is neither a log-in nor about money', [people('/news'), by('robot', 400, 0, '/news')]],
    ['it is short', [people(), by('robot', 60, 0)]],
    ['it is as slow as a poller', [people(), slower(by('robot', 400, 0), 20)]],
  ])('is silent when %s', (_name, events) => {
    expect(found(...events)).toBe(0);
  });
});
