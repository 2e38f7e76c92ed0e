import { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import { pathTemplate } from '@outrider/domain/traffic/path-template';
import type { LearnableCalls } from '@outrider/ports/event-store';
import { EndpointLearner } from './endpoint-learner.ts';

const HOUR_MS = 3_600_000;
const scope = { tenant: 't', gateway: 'g', service: 's', host: 'api.example' };

const calls = (path: string, overrides: Partial<LearnableCalls> = {}): LearnableCalls => ({
  ...scope,
  serviceName: 'shop',
  method: 'GET',
  path,
  pathTemplate: pathTemplate(path),
  caller: 1,
  count: 1,
  firstAt: 0,
  lastAt: 1_000,
  ...overrides,
});

/** Users by name, each with orders; by several callers over several hours. */
const users = (learner: EndpointLearner, from = 0, to = 400): void => {
  for (let i = from; i < to; i++) {
    const when = { caller: i % 7, firstAt: (i % 5) * HOUR_MS, lastAt: (i % 5) * HOUR_MS };
    learner.learn(calls(`/users/x${(i * 7_919).toString(36)}q`, { ...when, count: 6 }));
    learner.learn(calls(`/users/x${(i * 7_919).toString(36)}q/orders`, when));
    learner.learn(calls('/users/me', { ...when, count: 3 }));
  }
  learner.settle();
};
const event = (path: string) => ({ ...scope, serviceId: 's', method: 'GET', path, pathTemplate: pathTemplate(path) });

describe('the endpoint learner', () => {
  it('gives a matcher that names values as parameters, and leaves names and the unknown as they are', () => {
    const learner = new EndpointLearner();
    users(learner);
    const templates = new LearnedTemplates(learner.services());
    expect(templates.template(event('/users/alice'))).toBe('/users/{name}');
    expect(templates.template(event('/users/bob/orders'))).toBe('/users/{name}/orders');
    expect(templates.template(event('/users/me'))).toBe('/users/me');
    expect(templates.template(event('/users/bob/secrets'))).toBe('/users/bob/secrets');
    expect(templates.template({ ...event('/users/alice'), tenant: 'other' })).toBe('/users/alice');
  });

  it('gives no matcher for a service whose typed templates are right', () => {
    const learner = new EndpointLearner();
    for (let i = 0; i < 200; i++) learner.learn(calls(`/orders/${i}`, { caller: i % 5 }));
    expect(learner.services()).toEqual([]);
    expect(learner.unsaved(0).endpoints.map(({ template }) => template)).toEqual(['/orders/{id}']);
  });

  it('counts a group as often as it stands for', () => {
    const one = new EndpointLearner();
    const many = new EndpointLearner();
    one.learn(calls('/orders', { count: 25 }));
    one.learn(calls('/orders', { count: 5, caller: 2 }));
    for (let i = 0; i < 30; i++) many.learn(calls('/orders', { caller: i < 25 ? 1 : 2 }));
    one.settle();
    many.settle();
    expect(one.unsaved(0).endpoints).toEqual(many.unsaved(0).endpoints);
    expect(one.unsaved(0).endpoints[0]).toMatchObject({ template: '/orders', successes: 30 });
  });

  it('goes on after a restart as if there had been none', () => {
    const whole = new EndpointLearner();
    users(whole);
    const first = new EndpointLearner();
    users(first, 0, 150);
    const second = new EndpointLearner();
    expect(second.restore(first.unsaved(0).scopes)).toEqual([]);
    users(second, 150, 400);
    expect(second.services()).toEqual(whole.services());
  });

  it('tells each change once, when it was saved', () => {
    const learner = new EndpointLearner();
    users(learner);
    expect(learner.hasNews).toBe(true);
    const first = learner.unsaved(5);
    expect(first.changes.map(({ kind, endpoint }) => `${kind} ${endpoint}`)).toContain('new GET /users/{name}');
    expect(learner.unsaved(5).changes).toHaveLength(first.changes.length);
    first.saved();
    expect(learner.hasNews).toBe(false);
    expect(learner.unsaved(6)).toMatchObject({ scopes: [], changes: [], endpoints: [] });
  });

  it('learns a scope anew whose snapshot cannot be read', () => {
    const learner = new EndpointLearner();
    expect(learner.restore([{ ...scope, snapshot: Buffer.from('{'), differs: true }])).toEqual([scope]);
    expect(learner.services()).toEqual([]);
  });
});
